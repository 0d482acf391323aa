/**
 * What was made of a text is kept for the next time: clients repeat themselves. When there are too many all are
 * forgotten, since a stranger may have chosen them.
 */
export function remembered<V>(most: number, make: (text: string) => V): (text: string) => V {
  const known = new Map<string, V>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (known.size >= most) known.clear();
    known.set(text, made);
    return made;
  };
}
