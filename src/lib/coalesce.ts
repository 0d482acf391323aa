/**
 * Shares runs of a costly action among concurrent callers: a call settles with a run that began after the
 * call, and at most one run is in progress at a time.
 */
export function coalesced(run: () => Promise<void>): () => Promise<void> {
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  function begin(): Promise<void> {
    next = undefined;
    const started = run().finally(() => {
      if (current === started) current = undefined;
    });
    current = started;
    return started;
  }

  return () => {
    if (!current) return begin();
    return (next ??= current.then(begin, begin));
  };
}
