"""A server of Spark Connect: Sail in this process, or Apache Spark where one is named.

`make test-spark` names one by ``PATHLIFT_SPARK_SUBMIT``, the path of its ``spark-submit``.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pathlift.registry.engine import REMOTE_VARIABLE

SUBMIT = "PATHLIFT_SPARK_SUBMIT"
_SECONDS = 120  # that Apache Spark may take to start: 20 to 30 on two cores


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server that lives as long as the tests."""
    pytest.importorskip("pyspark", reason="pyspark-client is not here; the dev extra has it")
    if os.environ.get(SUBMIT):
        yield from _apache(Path(os.environ[SUBMIT]), tmp_path_factory.mktemp("spark"))
        return
    sail = pytest.importorskip("pysail.spark", reason="pysail is not here; the dev extra has it")
    started = sail.SparkConnectServer(ip="127.0.0.1", port=0)
    started.start(background=True)
    yield f"sc://localhost:{started.listening_address[1]}"
    started.stop()


@pytest.fixture
def remote(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, named by the environment."""
    monkeypatch.setenv(REMOTE_VARIABLE, server)
    return server


def _apache(submit: Path, folder: Path) -> Iterator[str]:
    if shutil.which("java") is None:
        pytest.skip("Apache Spark needs Java, and there is none on the path")
    port = _free_port()
    log = (folder / "server.log").open("w", encoding="utf-8")
    process = subprocess.Popen(
        [
            submit,
            "--class=org.apache.spark.sql.connect.service.SparkConnectServer",
            "--master=local[2]",
            f"--conf=spark.connect.grpc.binding.port={port}",
            "--conf=spark.ui.enabled=false",
            "--conf=spark.sql.shuffle.partitions=2",
            "spark-internal",
        ],
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that its Java ends with it
    )
    try:
        _wait(process, port, folder / "server.log")
        yield f"sc://localhost:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
        log.close()


def _free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def _wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"Apache Spark did not start: {log.read_text(encoding='utf-8')[-2000:]}")
