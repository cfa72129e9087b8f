/** What the page shows, as it stands in the address bar: a link to it shows the same to somebody else. */
export interface PageAddress {
  /** The words that are searched for. */
  readonly q: string;
  /** Which apps. */
  readonly show: string;
  /** The order of the apps. */
  readonly sort: string;
  /** The app whose details are open. */
  readonly app: string;
  /** The request whose way is asked for. */
  readonly host: string;
  readonly path: string;
}

const NOTHING: PageAddress = { q: '', show: 'all', sort: 'id', app: '', host: '', path: '' };

/** Reads the query of an address; what it does not say is as at first. */
export function readAddress(query: string): PageAddress {
  const params = new URLSearchParams(query);
  const of = (name: keyof PageAddress): string => params.get(name) ?? NOTHING[name];
  return { q: of('q'), show: of('show'), sort: of('sort'), app: of('app'), host: of('host'), path: of('path') };
}

/** The query that says the same: nothing where all is as at first. */
export function writeAddress(shown: PageAddress): string {
  const params = new URLSearchParams();
  for (const name of Object.keys(NOTHING) as (keyof PageAddress)[]) if (shown[name] !== NOTHING[name]) params.set(name, shown[name]);
  const text = params.toString().replaceAll('%2F', '/');
  return text === '' ? '' : `?${text}`;
}

/** What the address bar says. */
export interface Address {
  readonly shown: () => PageAddress;
  /** Writes some of it anew; `isStep`: the browser's way back leads to what it was before. */
  readonly change: (change: Partial<PageAddress>, isStep?: 'step') => void;
  /** Calls with what it says now, whenever the reader goes back or forth. */
  readonly moved: (tell: (shown: PageAddress) => void) => void;
}

/** The address bar of this window. */
export function openAddress(): Address {
  let shown = readAddress(location.search);
  return {
    shown: () => shown,
    change: (change, isStep) => {
      const next = { ...shown, ...change };
      const where = location.pathname + writeAddress(next);
      if (isStep === undefined) history.replaceState(undefined, '', where);
      else history.pushState(undefined, '', where);
      shown = next;
    },
    moved: (tell) => {
      window.addEventListener('popstate', () => {
        shown = readAddress(location.search);
        tell(shown);
      });
    },
  };
}
