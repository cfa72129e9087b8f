/** What an element has: attributes by name, `onclick` and the like as functions. What is undefined or false is left out; true is an empty value. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined | ((event: Event) => void)>>;

/** What an element holds. Text is always text: nothing here reads markup. */
export type ElementContent = Node | string | number | undefined | readonly ElementContent[];

/** Makes an element. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...content: readonly ElementContent[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  setAll(element, attributes);
  element.append(...nodesOf(content));
  return element;
}

/** Makes an element of a drawing. */
export function draw<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...content: readonly ElementContent[]
): SVGElementTagNameMap[Name] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  setAll(element, attributes);
  element.append(...nodesOf(content));
  return element;
}

function setAll(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
}

function nodesOf(content: readonly ElementContent[]): readonly (Node | string)[] {
  return content.flatMap((one): readonly (Node | string)[] => {
    if (one === undefined) return [];
    if (typeof one === 'object' && !(one instanceof Node)) return nodesOf(one);
    return [typeof one === 'number' ? String(one) : one];
  });
}

/** Puts content in place of what an element held. */
export function fill(element: Element, ...content: readonly ElementContent[]): void {
  element.replaceChildren(...nodesOf(content));
}

/**
 * Puts content in place of what an element held, but leaves what is the same as it is: what somebody has selected, unfolded or stands on stays, and
 * nothing is read out twice.
 */
export function patch(element: Element, ...content: readonly ElementContent[]): void {
  const wanted = nodesOf(content).map((one) => (typeof one === 'string' ? document.createTextNode(one) : one));
  const before = [...element.childNodes];
  for (const [i, node] of wanted.entries()) {
    const old = before[i];
    if (old === undefined) element.append(node);
    else if (!isSame(old, node)) old.replaceWith(node);
  }
  for (const old of before.slice(wanted.length)) old.remove();
}

/** Whether two nodes show the same, be a part of them folded or not. */
function isSame(old: Node, node: Node): boolean {
  if (old instanceof Element && node instanceof Element)
    for (const [i, one] of [...old.querySelectorAll('details')].entries())
      node.querySelectorAll('details')[i]?.toggleAttribute('open', one.open);
  return old.isEqualNode(node);
}

/** Sets an element's text, and leaves the element alone where it has that text already, so that nothing is read out twice. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** The element with an id, which the page's text is known to have. */
export function find<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`the page has no ${kind.name} '${id}'`);
  return element;
}
