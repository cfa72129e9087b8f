/** A promise, and the function that resolves it. */
export interface Resolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Like `Promise.withResolvers`, which Node 20 does not have. */
export function withResolvers(): Resolvers {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
