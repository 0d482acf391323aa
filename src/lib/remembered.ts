/**
 * What was made of a text is kept for the next time: clients repeat themselves. When there are too many all are
 * forgotten, since a stranger may have chosen them. The text of the last time is compared before it is looked up: that
 * costs a fraction of hashing it, and is right more often than not.
 */
export function remembered<V>(most: number, make: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  let lastText: string | undefined;
  let last: V;
  return (text) => {
    if (text === lastText) return last;
    let found = known.get(text);
    if (found === undefined) {
      found = make(text);
      if (known.size >= most) known.clear();
      known.set(text, found);
    }
    lastText = text;
    last = found;
    return found;
  };
}
