// The page's elements. Each state of the page is a section of the document, of which one is shown.

export function find<E extends HTMLElement = HTMLElement>(id: string): E {
  const e = document.getElementById(id);
  if (!e) throw new Error(`the page has no #${id}`);
  return e as E;
}

export type State = "choose" | "offer" | "working" | "sent" | "received" | "deleted" | "failed";

/** show shows a state and tells those who listen instead of looking. */
export function show(state: State): void {
  for (const section of document.querySelectorAll<HTMLElement>("main > section[id]")) section.hidden = section.id !== state;
  document.body.dataset.state = state;
  find(state).querySelector<HTMLElement>("h2")?.focus();
}

/** state is the one that is shown. */
export function state(): State {
  return document.body.dataset.state as State;
}

export function setText(id: string, s: string): void {
  find(id).textContent = s;
}

/** onClick calls f, whose failures are not lost. */
export function onClick(id: string, f: () => void | Promise<void>): void {
  find(id).addEventListener("click", () => void f());
}

/**
 * askFirst asks before f, which cannot be taken back: #ID stands for the question in #ID-question, whose answers are
 * #ID-yes and #ID-no.
 */
export function askFirst(id: string, f: () => void): void {
  const ask = (on: boolean) => {
    find(id).hidden = on;
    find(id + "-question").hidden = !on;
    find(on ? id + "-no" : id).focus();
  };
  onClick(id, () => ask(true));
  onClick(id + "-no", () => ask(false));
  onClick(id + "-yes", () => {
    ask(false);
    f();
  });
}

/** save lets the browser save content under a name. */
export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const a = document.createElement("a");
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser has taken it by then
}
