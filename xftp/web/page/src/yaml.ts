// The YAML that file descriptions are written in: block mappings and lists of plain or quoted scalars, and [] for an
// empty list. Anything else is Malformed.

import { Malformed } from "./bytes.ts";

export type Node = string | Node[] | Map<string, Node> | null;

interface Line {
  indent: number;
  text: string;
}

// What a description may be made of: a short link can inflate to much that is nothing (the same as in package desc).
export const maxText = 8 << 20;
const maxLines = 1 << 16;
const maxLine = 16 << 10;
const maxDepth = 16;

/** linesOf cuts a text into lines, of which there may be only so many. */
function* linesOf(source: string): Generator<string> {
  let n = 0;
  if (source.length > maxText) throw new Malformed("more than a link can describe");
  for (let from = 0; from < source.length; ) {
    let to = source.indexOf("\n", from);
    if (to < 0) to = source.length;
    if (++n > maxLines || to - from > maxLine) throw new Malformed("more than a link can describe");
    yield source.slice(from, to);
    from = to + 1;
  }
}

export function parseYAML(source: string): Node {
  const lines: Line[] = [];
  for (const raw of linesOf(source)) {
    const text = raw.trim();
    if (text === "" || text.startsWith("#") || text === "---") continue;
    lines.push({ indent: raw.length - raw.trimStart().length, text });
  }
  const parser = new Parser(lines);
  const node = parser.block(0);
  parser.end();
  return node;
}

class Parser {
  private at = 0;
  private depth = 0;
  constructor(private readonly lines: Line[]) {}

  private get line(): Line | undefined {
    return this.lines[this.at];
  }

  end(): void {
    if (this.line) throw new Malformed("a line that is out of place");
  }

  /** block reads what is indented by `least` at least. */
  block(least: number): Node {
    const first = this.line;
    if (!first || first.indent < least) return null;
    if (++this.depth > maxDepth) throw new Malformed("settings in settings in settings");
    const node = isItem(first) ? this.list(first.indent) : this.mapping(first.indent);
    this.depth--;
    return node;
  }

  private list(indent: number): Node[] {
    const items: Node[] = [];
    for (let l = this.line; l && l.indent === indent && isItem(l); l = this.line) {
      const text = l.text.slice(1).trimStart();
      if (splitKey(text)) {
        // The mapping begins behind the dash: read that as a line of its own.
        this.lines[this.at] = { indent: indent + l.text.length - text.length, text };
        items.push(this.mapping(this.line!.indent));
      } else {
        this.at++;
        items.push(scalar(text));
      }
    }
    return items;
  }

  private mapping(indent: number): Map<string, Node> {
    const m = new Map<string, Node>();
    for (let l = this.line; l && l.indent === indent && !isItem(l); l = this.line) {
      const entry = splitKey(l.text);
      if (!entry || m.has(entry[0])) throw new Malformed("a line that is no setting, or there twice");
      this.at++;
      // A list may stand below its key without being indented.
      const next = this.line;
      const below = next && next.indent === indent && isItem(next) ? indent : indent + 1;
      m.set(entry[0], entry[1] === "" ? this.block(below) : scalar(entry[1]));
    }
    return m;
  }
}

function isItem(l: Line): boolean {
  return l.text === "-" || l.text.startsWith("- ");
}

/** splitKey splits "key: value". Colons without a space after them belong to the text. */
function splitKey(s: string): [string, string] | null {
  const m = /^([A-Za-z]\w*):(?:\s+(.*))?$/.exec(s);
  return m ? [m[1]!, m[2] ?? ""] : null;
}

function scalar(s: string): Node {
  if (s === "[]") return [];
  if (s === "null" || s === "~") return null;
  const quoted = /^'((?:[^']|'')*)'$/.exec(s) ?? /^"([^"\\]*)"$/.exec(s);
  if (quoted) return quoted[1]!.replace(/''/g, "'");
  if (/^['"[\]{}&*!|>%@`]/.test(s)) throw new Malformed("a kind of value that descriptions do not have");
  return s;
}

const numeric = /^[-+]?(\d+(\.\d+)?([eE][-+]?\d+)?|0x[\da-fA-F]+|0o[0-7]+)$/;

/** quote quotes what a reader would take for a number, or for the beginning of a document. */
export function quote(s: string): string {
  return s === "" || numeric.test(s) || s.startsWith("---") ? `'${s}'` : s;
}
