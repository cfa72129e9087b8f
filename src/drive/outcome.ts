/** What became of a wanted document: how HAProxy got it, or why it did not. */
export type Outcome = { readonly ok: true; readonly by: 'reload' | 'commands' | 'nothing' } | { readonly ok: false; readonly why: string };
