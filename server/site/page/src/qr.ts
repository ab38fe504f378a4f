// The QR code of a link, as SVG. Scripts of several pages use it.

import encodeQR from "qr";

const svg = "http://www.w3.org/2000/svg";

/** drawQR throws where the content is too long for a code that corrects so many errors. */
export function drawQR(content: string, ecc: "low" | "medium"): SVGElement {
  const rows = encodeQR(content, "raw", { ecc, border: 2 });
  const picture = document.createElementNS(svg, "svg");
  picture.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
  picture.setAttribute("shape-rendering", "crispEdges");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", "QR code of the link");
  const path = document.createElementNS(svg, "path");
  path.setAttribute("d", rows.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join(""));
  picture.append(path);
  return picture;
}
