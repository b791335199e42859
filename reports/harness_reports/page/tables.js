// Tables: sorted by a click on a head, within their groups; filtered by what is typed.

function sortBy(button) {
  const head = button.closest("th"), table = head.closest("table");
  const at = [...head.parentNode.children].indexOf(head);
  const before = head.getAttribute("aria-sort");
  const first = button.dataset.descending === "1" ? "descending" : "ascending";
  const order = before ? (before === "ascending" ? "descending" : "ascending") : first;
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter((row) => !row.classList.contains("group"));
    rows.sort((a, b) => compare(a.cells[at], b.cells[at], sign));
    body.append(...rows);
  }
}

function compare(a, b, sign) {
  const [x, y] = [a, b].map((cell) => cell.dataset.value);
  if (x === undefined) return sign * a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
  if (x === "" || y === "") return (x === "") - (y === ""); // what has no number comes last, either way
  return sign * (Number(x) - Number(y) || 0);
}

function filterBy(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const item of document.querySelectorAll("[data-method]")) {
    const own = (item.dataset.method + " " + (item.matches("tr") ? item.textContent : "")).toLowerCase();
    item.hidden = !words.every((word) => own.includes(word));
  }
  for (const group of document.querySelectorAll("tr.group")) {
    group.hidden = ![...group.parentNode.rows].some((row) => row !== group && !row.hidden);
  }
}

for (const button of document.querySelectorAll("thead button")) {
  button.addEventListener("click", () => sortBy(button));
}
const filter = document.getElementById("filter");
filter.addEventListener("input", () => filterBy(filter.value));

const theme = document.getElementById("theme");
theme.addEventListener("change", () => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
});
