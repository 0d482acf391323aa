/**
 * Shares runs of a costly action among callers that come at once: a call resolves (or rejects) with a run that
 * began after the call, and at most one run goes on at a time.
 */
export function grouped(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let following: Promise<void> | undefined;

  function begin(): Promise<void> {
    following = undefined;
    const mine = run().finally(() => {
      if (current === mine) current = undefined;
    });
    current = mine;
    return mine;
  }

  return () => {
    if (!current) return begin();
    return (following ??= current.then(begin, begin));
  };
}
