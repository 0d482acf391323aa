import type { Contract, Operation } from "#aws/contract/shapes.ts";

export interface RestMatch {
  operation: Operation;
  /** The decoded values of the template's labels. */
  labels: Record<string, string>;
}

export interface RestRouter {
  /**
   * @param path as on the wire: `//`, `.`, `..` and `+` are ordinary characters of labels
   * @param query decoded pairs
   * @param about a query parameter: only operations that require it can match
   * @throws {URIError} if a label is not valid UTF-8 in percent-encoding
   */
  match(
    method: string,
    path: string,
    query: readonly (readonly [string, string])[],
    headers: Readonly<Record<string, string>>,
    about?: string,
  ): RestMatch | undefined;
}

/** An operation at the end of its URI template, with the other conditions that a request must meet. */
interface Candidate {
  operation: Operation;
  /** Names of the labels, in path order. */
  labels: string[];
  /** `?delete`, or `?list-type=2`. */
  literals: [name: string, value: string | undefined][];
  requiredQuery: string[];
  requiredHeaders: string[];
  rank: number;
}

/** A node in the tree of one method's templates, with one level per path segment. */
interface TreeNode {
  literals: Map<string, TreeNode>;
  label: TreeNode | undefined;
  /** `{Key+}`, longest suffix first: `/policy` in `{name+}/policy`. */
  greedy: { suffix: string; candidates: Candidate[] }[];
  candidates: Candidate[];
}

/**
 * Finds the operation for method, path and query among a contract's URI templates.
 *
 * If several match, the one with the most conditions wins: query literals (`?tagging`), then required query
 * members (`?uploadId=`), then required `x-amz-` headers (which distinguish CopyObject from PutObject), then
 * the more literal path.
 */
export function restRouter(contract: Contract): RestRouter {
  const methods = new Map<string, TreeNode>();
  const ends = new Set<Candidate[]>();
  for (const name of contract.operationNames) {
    const operation = contract.operation(name)!;
    let root = methods.get(operation.method);
    if (root === undefined) methods.set(operation.method, (root = emptyNode()));
    ends.add(insert(root, operation));
  }
  for (const candidates of ends) rankCandidates(candidates);
  // A missing required member is an error of that operation. Only S3 then matches another operation, unless
  // the query names a subresource.
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

const emptyNode = (): TreeNode => ({ literals: new Map(), label: undefined, greedy: [], candidates: [] });

/** Inserts an operation at the end of its template; returns all candidates with the same template. */
function insert(root: TreeNode, operation: Operation): Candidate[] {
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
  let node = root;
  for (const [i, segment] of segments.entries()) {
    const label = /^\{([^}+]+)(\+?)\}$/.exec(segment);
    if (label === null) {
      let next = node.literals.get(segment);
      if (next === undefined) node.literals.set(segment, (next = emptyNode()));
      node = next;
      continue;
    }
    candidate.labels.push(label[1]!);
    if (label[2] === "+") return insertGreedy(node, segments.slice(i + 1), candidate);
    node = node.label ??= emptyNode();
  }
  node.candidates.push(candidate);
  return node.candidates;
}

function insertGreedy(node: TreeNode, following: string[], candidate: Candidate): Candidate[] {
  const suffix = following.map((segment) => `/${segment}`).join("");
  let end = node.greedy.find((other) => other.suffix === suffix);
  if (end === undefined) {
    node.greedy.push((end = { suffix, candidates: [] }));
    node.greedy.sort((a, b) => b.suffix.length - a.suffix.length);
  }
  end.candidates.push(candidate);
  return end.candidates;
}

/** Ignores `x-id`, which only identifies operations in logs and is sent by the SDK of one language. */
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
 * Sorts candidates by decreasing number of conditions. Headers count only between operations that are
 * otherwise alike: a GetObjectAttributes request without its header is an invalid GetObjectAttributes, not a
 * GetObject.
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
 * Visits every template that the path matches, the more literal ones first. A trailing slash of the path is
 * ignored, except in a greedy label.
 */
function walk(
  node: TreeNode,
  path: string,
  from: number,
  values: string[],
  visit: (candidates: Candidate[], values: string[]) => void,
): void {
  if (from >= path.length) {
    visit(node.candidates, values);
    return;
  }
  const slash = path.indexOf("/", from);
  const end = slash < 0 ? path.length : slash;
  const segment = path.slice(from, end);
  const literal =
    node.literals.get(segment) ?? (segment.includes("%") ? node.literals.get(unescaped(segment)) : undefined);
  if (literal !== undefined) walk(literal, path, end + 1, values, visit);
  if (node.label !== undefined && segment !== "") {
    values.push(segment);
    walk(node.label, path, end + 1, values, visit);
    values.pop();
  }
  for (const { suffix, candidates } of node.greedy) {
    const stop = path.length - suffix.length;
    if (stop <= from || !path.endsWith(suffix)) continue;
    values.push(path.slice(from, stop));
    visit(candidates, values);
    values.pop();
  }
}

/** Some clients escape characters that the template has unescaped: `/%40connections/…`. */
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
