// Names that senders give to files.

/** safeName makes a sender's name one to save under and to show: no directories, no control or direction characters. */
export function safeName(name: string): string {
  const base = name.replace(/^.*[/\\]/s, "");
  const safe = base
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, "_")
    .replace(/\p{Bidi_Control}/gu, "")
    .replace(/^\.+$/, "");
  return safe === "" ? "file" : safe;
}
