"""A server of Spark Connect: Sail in this process, or Apache Spark where one is named.

`make test-spark` names one by ``PATHLIFT_SPARK_SUBMIT``, the path of its ``spark-submit``.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.spark.examples import TEMPLATES, worked_example

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


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Worked examples beside their data, by the template that writes them."""
    folder = tmp_path_factory.mktemp("examples")
    return {template: worked_example(template, folder) for template in TEMPLATES}


@pytest.fixture
def remote(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The same, named by the environment."""
    monkeypatch.setenv(REMOTE_VARIABLE, server)
    return server


def _apache(submit: Path, folder: Path) -> Iterator[str]:
    if shutil.which("java") is None:
        pytest.skip("Apache Spark needs Java, and there is none on the path")
    port, told = _free_port(), folder / "server.log"
    with told.open("w", encoding="utf-8") as log:
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
            # how the script finds what lies beside it, whatever python3 means on the path
            env=os.environ | {"PYSPARK_PYTHON": str(submit.parent / "python")},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its Java ends with it
        )
        try:
            _wait(process, port, told)
            yield f"sc://localhost:{port}"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(timeout=30)


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
