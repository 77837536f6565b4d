/* Draws each table that says so as bars.  The table stays, and is what the chart is made from. */
"use strict";

(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const FILLS = ["--act", "--warn", "--good"];

  const read = (table) => {
    const heads = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
    const rows = [...table.tBodies[0].rows];
    const numbers = (place) => rows.map((row) => Number(row.cells[place + 1].textContent));
    // A last column that is the sum of the others would be drawn on top of them.
    const shown = table.dataset.chart === "stacked" ? heads.slice(0, -1) : heads;
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      datasets: shown.map((label, place) => ({ label, data: numbers(place) })),
    };
  };

  // The same look before the chart is made and when the theme changes.
  const paint = (config) => {
    const ink = colour("--ink"), hair = colour("--hair");
    config.data.datasets.forEach((set, place) => {
      set.backgroundColor = colour(FILLS[place % FILLS.length]);
      set.borderColor = colour("--card");
      set.borderWidth = 1;
    });
    for (const axis of Object.values(config.options.scales)) {
      axis.ticks.color = ink;
      axis.grid = { color: hair };
    }
    config.options.plugins.legend.labels.color = ink;
    return config;
  };

  const draw = (table) => {
    const behind = table.closest("details");
    const figure = behind.previousElementSibling;
    const canvas = document.createElement("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", table.caption.textContent.trim());
    figure.append(canvas);
    figure.hidden = false;
    const stacked = table.dataset.chart === "stacked";
    const chart = new Chart(canvas, paint({
      type: "bar",
      data: read(table),
      options: {
        maintainAspectRatio: false,
        animation: still.matches ? false : { duration: 300 },
        scales: {
          x: { stacked, ticks: {} },
          y: { stacked, beginAtZero: true, ticks: { precision: 0 } },
        },
        plugins: { legend: { labels: {} } },
      },
    }));
    dark.addEventListener("change", () => {
      paint(chart);
      chart.update("none");
    });
    behind.open = false;
  };

  if (window.Chart) document.querySelectorAll("table[data-chart]").forEach(draw);
})();
