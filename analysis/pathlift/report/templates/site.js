(() => {
  // Without this script every experiment is shown; it only hides those that are not looked for.
  const filter = document.getElementById("filter");
  const words = document.getElementById("words");
  const choices = [...filter.querySelectorAll("select")];
  const rows = [...document.querySelectorAll("#experiments tbody tr")];
  const shown = document.getElementById("shown");
  const apply = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    let fitting = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = wanted.every((word) => text.includes(word)) &&
        choices.every((one) => one.value === "" || JSON.parse(row.dataset[one.name]).includes(one.value));
      row.hidden = !fits;
      fitting += fits ? 1 : 0;
    }
    shown.textContent = `${fitting} of ${rows.length} shown`;
  };
  filter.addEventListener("input", apply);
  addEventListener("pageshow", apply); // a browser brings back what was typed before
  filter.hidden = false;
  apply();
})();
