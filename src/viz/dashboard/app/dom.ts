/** What an element can hold; what is null is left out. */
export type Child = Node | string | null;

/** Attributes by name; true stands for one without a value, false and undefined for none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** One element. All text goes in as text: nothing here reads markup. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A button that does not send a form. */
export function button(attributes: Attributes, act: () => void, ...children: readonly Child[]) {
  const element = make('button', { type: 'button', ...attributes }, ...children);
  element.addEventListener('click', act);
  return element;
}
