/** What is known of where a value is from. The token stands for a value, so that the value itself can be let go of. */
interface Origin<Difference> {
  readonly token: object;
  /** Earlier values, the nearest first, and where this one may differ from each. */
  readonly earlier: readonly { readonly token: object; readonly difference: Difference }[];
}

/** What a difference is, and how much is remembered of each value. */
export interface Differences<Difference> {
  readonly none: Difference;
  readonly united: (a: Difference, b: Difference) => Difference;
  readonly sizeOf: (difference: Difference) => number;
  /** The largest size that is remembered. */
  readonly mostSize: number;
  /** How many earlier values are remembered of a value. */
  readonly mostEarlier: number;
}

/** Remembers which value was made of which. It is only a shortcut: values of which it knows nothing are compared part by part, with the same result. */
export interface Lineage<Value extends object, Difference> {
  /** Notes that `value` differs from `before` there at most. Neither may be changed afterwards. A difference that is too large is not noted. */
  readonly note: (value: Value, before: Value, difference: Difference) => void;
  /** Returns where two values may differ; undefined when it is not known how they are related. */
  readonly between: (a: Value, b: Value) => Difference | undefined;
  /** The token of a value; undefined when none was asked for before. */
  readonly known: (value: Value) => object | undefined;
  /** The token of a value, which it gets now if it has none. */
  readonly tokenOf: (value: Value) => object;
}

/** Makes a lineage, which holds what is known of values as long as the values are in use. */
export function makeLineage<Value extends object, Difference>(differences: Differences<Difference>): Lineage<Value, Difference> {
  const { none, united, sizeOf, mostSize, mostEarlier } = differences;
  const origins = new WeakMap<Value, Origin<Difference>>();
  const originOf = (value: Value): Origin<Difference> => {
    const known = origins.get(value);
    if (known !== undefined) return known;
    const made: Origin<Difference> = { token: {}, earlier: [] };
    origins.set(value, made);
    return made;
  };
  return {
    note: (value, before, difference) => {
      if (sizeOf(difference) > mostSize) return;
      const { token, earlier } = originOf(before);
      const further = earlier.slice(0, mostEarlier - 1).map((one) => ({ ...one, difference: united(one.difference, difference) }));
      const near = further.filter((one) => sizeOf(one.difference) <= mostSize);
      origins.set(value, { token: originOf(value).token, earlier: [{ token, difference }, ...near] });
    },
    between: (a, b) => {
      const [ofA, ofB] = [origins.get(a), origins.get(b)];
      if (ofA === undefined || ofB === undefined) return undefined;
      for (const one of [{ token: ofA.token, difference: none }, ...ofA.earlier])
        for (const other of [{ token: ofB.token, difference: none }, ...ofB.earlier])
          if (one.token === other.token) return united(one.difference, other.difference);
      return undefined;
    },
    known: (value) => origins.get(value)?.token,
    tokenOf: (value) => originOf(value).token,
  };
}
