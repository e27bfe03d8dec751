// Sorts a table by the column whose title is pressed; unknown values stay at the end.
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, place) => head.firstElementChild.addEventListener("click", () => {
    const isNumeric = head.classList.contains("n");
    const first = isNumeric ? "descending" : "ascending";
    const other = isNumeric ? "ascending" : "descending";
    const order = head.ariaSort === first ? other : first;
    const text = row => row.cells[place].textContent;
    const number = row => parseFloat(text(row).replaceAll(",", ""));
    const rows = [...table.tBodies[0].rows];
    const known = rows.filter(text).sort((one, another) => isNumeric
      ? number(one) - number(another)
      : text(one).localeCompare(text(another), undefined, { numeric: true }));
    if (order === "descending") known.reverse();
    heads.forEach(each => { each.ariaSort = each === head ? order : null; });
    table.tBodies[0].append(...known, ...rows.filter(row => !text(row)));
  }));
}
