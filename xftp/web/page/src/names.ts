// Names that senders give to files.

/** safeName makes a sender's name one to save under: no directories, no control or direction characters. */
export function safeName(name: string): string {
  const base = name.replace(/^.*[/\\]/s, "");
  const safe = base
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, "_")
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/^\.+$/, "");
  return safe === "" ? "file" : safe;
}
