import type { Contract, Operation } from "#aws/contract/shapes.ts";

export interface RestMatch {
  operation: Operation;
  /** What the template's labels matched, decoded. */
  labels: Record<string, string>;
}

export interface RestRouter {
  /**
   * @param path as on the wire: `//`, `.`, `..` and `+` are ordinary characters of labels
   * @param query decoded pairs
   * @param about a name in the query: only operations that ask for it can match
   * @throws {URIError} when a label is not UTF-8 in %-escapes
   */
  match(
    method: string,
    path: string,
    query: readonly (readonly [string, string])[],
    headers: Readonly<Record<string, string>>,
    about?: string,
  ): RestMatch | undefined;
}

/** An operation at the end of its template, and what else a request to it must have. */
interface Candidate {
  operation: Operation;
  /** Names of the labels, in the order of the path. */
  labels: string[];
  /** `?delete`, or `?list-type=2`. */
  literals: [name: string, value: string | undefined][];
  requiredQuery: string[];
  requiredHeaders: string[];
  rank: number;
}

/** A place in the tree of all templates of one method, a step for each segment. */
interface Place {
  literals: Map<string, Place>;
  label: Place | undefined;
  /** `{Key+}`, longest suffix first: `/policy` in `{name+}/policy`. */
  greedy: { suffix: string; candidates: Candidate[] }[];
  candidates: Candidate[];
}

/**
 * Finds the operation for method, path and query among a contract's URI templates.
 *
 * Of several that fit, the one with the most conditions wins: query literals (`?tagging`), then required query members
 * (`?uploadId=`), then required `x-amz-` headers (what makes a PutObject a CopyObject), then the more literal path.
 */
export function restRouter(contract: Contract): RestRouter {
  const methods = new Map<string, Place>();
  const ends = new Set<Candidate[]>();
  for (const name of contract.operationNames) {
    const operation = contract.operation(name)!;
    let root = methods.get(operation.method);
    if (root === undefined) methods.set(operation.method, (root = emptyPlace()));
    ends.add(plant(root, operation));
  }
  for (const candidates of ends) rankCandidates(candidates);
  // A member that AWS requires and the client forgot is an error about that member. S3 alone finds another operation,
  // unless its query says what is meant.
  const strict = contract.service === "s3";

  return {
    match(method, path, query, headers, about) {
      const root = methods.get(method);
      if (root === undefined) return undefined;
      const queryByName = new Map(query);
      for (const test of strict && about === undefined ? [fits] : [fits, fitsLiterals]) {
        let best: Candidate | undefined;
        let bestValues: string[] = [];
        walk(root, path, 1, [], (candidates, values) => {
          const fitting = candidates.find(
            (candidate) => isAbout(candidate, about) && test(candidate, queryByName, headers),
          );
          if (fitting === undefined || (best !== undefined && fitting.rank <= best.rank)) return;
          best = fitting;
          bestValues = [...values];
        });
        if (best !== undefined) return { operation: best.operation, labels: decodeLabels(best, bestValues) };
      }
      return undefined;
    },
  };
}

const emptyPlace = (): Place => ({ literals: new Map(), label: undefined, greedy: [], candidates: [] });

/** Puts an operation where its template ends; the answer is everything that ends there. */
function plant(root: Place, operation: Operation): Candidate[] {
  const [path = "", query = ""] = operation.uri.split("?");
  const candidate: Candidate = {
    operation,
    labels: [],
    literals: queryLiterals(query),
    requiredQuery: requiredNames(operation, "query"),
    requiredHeaders: requiredNames(operation, "header").filter((name) => name.startsWith("x-amz-")),
    rank: 0,
  };
  const segments = path.split("/").slice(1);
  if (segments.at(-1) === "") segments.pop();
  let place = root;
  for (const [i, segment] of segments.entries()) {
    const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (label === null) {
      let next = place.literals.get(segment);
      if (next === undefined) place.literals.set(segment, (next = emptyPlace()));
      place = next;
      continue;
    }
    candidate.labels.push(label[1]!);
    if (label[2] === "+") return plantGreedy(place, segments.slice(i + 1), candidate);
    place = place.label ??= emptyPlace();
  }
  place.candidates.push(candidate);
  return place.candidates;
}

function plantGreedy(place: Place, following: string[], candidate: Candidate): Candidate[] {
  const suffix = following.map((segment) => `/${segment}`).join("");
  let end = place.greedy.find((other) => other.suffix === suffix);
  if (end === undefined) {
    place.greedy.push((end = { suffix, candidates: [] }));
    place.greedy.sort((a, b) => b.suffix.length - a.suffix.length);
  }
  end.candidates.push(candidate);
  return end.candidates;
}

/** `x-id` only tells operations apart in logs; clients of one language send it. */
function queryLiterals(query: string): [string, string | undefined][] {
  if (query === "") return [];
  return query
    .split("&")
    .map((pair): [string, string | undefined] => {
      const mark = pair.indexOf("=");
      return mark < 0 ? [pair, undefined] : [pair.slice(0, mark), pair.slice(mark + 1)];
    })
    .filter(([name]) => name !== "x-id");
}

const requiredNames = (operation: Operation, location: "query" | "header") =>
  operation.input.httpMembers
    .filter((member) => member.required && member.location === location)
    .map((member) => (location === "header" ? member.locationName.toLowerCase() : member.locationName));

/**
 * Most demanding first. Headers count only between operations that nothing else tells apart: a GetObjectAttributes
 * without its header is a wrong GetObjectAttributes, not a GetObject.
 */
function rankCandidates(candidates: Candidate[]): void {
  const alike = Map.groupBy(candidates, ({ literals, requiredQuery }) =>
    JSON.stringify([literals, requiredQuery]),
  );
  for (const twins of alike.values()) {
    if (twins.length === 1) twins[0]!.requiredHeaders = [];
  }
  for (const candidate of candidates) {
    const { literals, requiredQuery, requiredHeaders } = candidate;
    candidate.rank = (literals.length * 100 + requiredQuery.length) * 100 + requiredHeaders.length;
  }
  candidates.sort((a, b) => b.rank - a.rank);
}

const isAbout = ({ literals, requiredQuery }: Candidate, name: string | undefined) =>
  name === undefined || literals.some((literal) => literal[0] === name) || requiredQuery.includes(name);

function fits(
  candidate: Candidate,
  query: Map<string, string>,
  headers: Readonly<Record<string, string>>,
): boolean {
  return (
    fitsLiterals(candidate, query) &&
    candidate.requiredQuery.every((name) => query.has(name)) &&
    candidate.requiredHeaders.every((name) => headers[name] !== undefined)
  );
}

function fitsLiterals({ literals }: Candidate, query: Map<string, string>): boolean {
  return literals.every(([name, value]) =>
    value === undefined ? query.has(name) : query.get(name) === value,
  );
}

/**
 * Visits every template that the path fits, the more literal ones first. A slash at the end of the path is passed over, but
 * belongs to a greedy label.
 */
function walk(
  place: Place,
  path: string,
  from: number,
  values: string[],
  visit: (candidates: Candidate[], values: string[]) => void,
): void {
  if (from >= path.length) {
    visit(place.candidates, values);
    return;
  }
  const slash = path.indexOf("/", from);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(from, end);
  const literal =
    place.literals.get(segment) ??
    (segment.includes("%") ? place.literals.get(unescaped(segment)) : undefined);
  if (literal !== undefined) walk(literal, path, end + 1, values, visit);
  if (place.label !== undefined && segment !== "") {
    values.push(segment);
    walk(place.label, path, end + 1, values, visit);
    values.pop();
  }
  for (const { suffix, candidates } of place.greedy) {
    const stop = path.length - suffix.length;
    if (stop <= from || !path.endsWith(suffix)) continue;
    values.push(path.slice(from, stop));
    visit(candidates, values);
    values.pop();
  }
}

/** Some clients escape what a template has plain: `/%40connections/…`. */
function unescaped(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function decodeLabels({ labels }: Candidate, values: string[]): Record<string, string> {
  const decoded: Record<string, string> = {};
  for (const [i, value] of values.entries()) {
    decoded[labels[i]!] = value.includes("%") ? decodeURIComponent(value) : value;
  }
  return decoded;
}
