import { find, make } from './elements.ts';
import type { StorySentence } from './shapes.ts';
import { clock } from './words.ts';

/** So many sentences are shown. */
const MOST = 40;

/** Shows a sentence of the demo's story; there is none without a demo. */
export function showStory({ at, text }: StorySentence): void {
  const [box, list] = [find('story', HTMLElement), find('story-list', HTMLElement)];
  box.hidden = false;
  const known = Array.from(list.children, ({ textContent }) => textContent);
  const item = make('li', {}, make('time', { datetime: at }, clock(at, new Date())), ' ', make('span', {}, text));
  if (known.includes(item.textContent)) return; // told again after the stream was lost
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild?.remove();
}
