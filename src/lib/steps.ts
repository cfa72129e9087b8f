/** Work in steps: each `undefined` is a point at which the worker may turn to something else; the result comes at the end. */
export type Steps<Result> = Generator<undefined, Result>;

/** Does all steps at once. */
export function allSteps<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** How many elements make one step. */
const STEP = 250;

/** The elements of a list for which `is` is true, a step for every 250 that are looked at. */
export function* filterInSteps<Element>(list: Iterable<Element>, is: (element: Element) => boolean): Steps<readonly Element[]> {
  const found: Element[] = [];
  let looked = 0;
  for (const element of list) {
    if (is(element)) found.push(element);
    if (++looked % STEP === 0) yield undefined;
  }
  return found;
}
