// The QR code of a link, as SVG. Scripts of several pages use it.

import encodeQR from "qr";

const svg = "http://www.w3.org/2000/svg";

/** drawRow draws the dark modules of a row, those that are side by side as one. */
function drawRow(row: boolean[], y: number): string {
  let drawn = "";
  for (let x = 0; x < row.length; x++) {
    const from = x;
    while (row[x]) x++;
    if (x > from) drawn += `M${from} ${y}h${x - from}v1h-${x - from}z`;
  }
  return drawn;
}

/** drawQR throws where the content is too long for a code that corrects so many errors. */
export function drawQR(content: string, ecc: "low" | "medium"): SVGElement {
  const rows = encodeQR(content, "raw", { ecc, border: 2 });
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "QR code of the link");
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", rows.map(drawRow).join(""));
  picture.append(path);
  return picture;
}
