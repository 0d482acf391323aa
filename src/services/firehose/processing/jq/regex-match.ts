import type { LetterTest, PlaceTest } from "./regex-classes.ts";
import { type GroupNames, type Node, parseRegex } from "./regex-parse.ts";
import { countSteps, JqError } from "./values.ts";

/** The start and end of each group, the whole match first; -1 for a group that did not participate. */
export type Places = readonly number[];

export interface Regex {
  names: GroupNames;
  /** Finds the first match from a position. */
  match(letters: readonly number[], from: number): Places | undefined;
}

type Instruction =
  | { kind: "letter"; test: LetterTest }
  | { kind: "place"; test: PlaceTest }
  | { kind: "save"; slot: number }
  /** Targets in order of preference. */
  | { kind: "jump"; to: number[] }
  | { kind: "end" };

const MAX_INSTRUCTIONS = 4_096;
/** The limit of parts of an expression, including those that compile to no instruction. */
const MAX_PARTS = 4 * MAX_INSTRUCTIONS;
/** The number of cached expressions: a query has one or two, which every record uses. */
const MAX_CACHED = 64;
const cache = new Map<string, Regex>();

/** @throws {JqSyntaxError} @throws {JqError} */
export function regexOf(source: string, isSpaced: boolean, ignoresCase: boolean): Regex {
  const key = `${isSpaced} ${ignoresCase} ${source}`;
  const former = cache.get(key);
  if (former) return former;
  const { node, names } = parseRegex(source, isSpaced, ignoresCase);
  const program = programOf(node);
  const regex: Regex = { names, match: (letters, from) => run(program, letters, from, 2 * names.length + 2) };
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(key, regex);
  return regex;
}

function programOf(node: Node): Instruction[] {
  const program: Instruction[] = [];
  const emit = (instruction: Instruction): number => {
    if (program.length >= MAX_INSTRUCTIONS) throw tooLarge();
    return program.push(instruction) - 1;
  };
  let parts = 0;
  function add(part: Node): void {
    if (++parts > MAX_PARTS) throw tooLarge();
    switch (part.kind) {
      case "letter":
      case "place":
        emit(part);
        break;
      case "sequence":
        part.nodes.forEach(add);
        break;
      case "choice":
        addChoice(part.nodes);
        break;
      case "group":
        emit({ kind: "save", slot: 2 * part.index });
        add(part.node);
        emit({ kind: "save", slot: 2 * part.index + 1 });
        break;
      case "repeat":
        for (let n = 0; n < part.least; n++) add(part.node);
        if (part.most === Number.POSITIVE_INFINITY) addLoop(part.node, part.isLazy);
        else addOptional(part.node, part.most - part.least, part.isLazy);
    }
  }
  function addChoice(nodes: readonly Node[]): void {
    const fork: number[] = [];
    emit({ kind: "jump", to: fork });
    const ends = nodes.map((one) => {
      fork.push(program.length);
      add(one);
      const to: number[] = [];
      emit({ kind: "jump", to });
      return to;
    });
    for (const to of ends) to.push(program.length);
  }
  function addLoop(one: Node, isLazy: boolean): void {
    const fork: number[] = [];
    const start = emit({ kind: "jump", to: fork });
    add(one);
    emit({ kind: "jump", to: [start] });
    fork.push(...inOrder(start + 1, program.length, isLazy));
  }
  function addOptional(one: Node, times: number, isLazy: boolean): void {
    const forks: [at: number, to: number[]][] = [];
    for (let n = 0; n < times; n++) {
      const to: number[] = [];
      forks.push([emit({ kind: "jump", to }), to]);
      add(one);
    }
    for (const [at, to] of forks) to.push(...inOrder(at + 1, program.length, isLazy));
  }
  emit({ kind: "save", slot: 0 });
  add(node);
  emit({ kind: "save", slot: 1 });
  emit({ kind: "end" });
  return program;
}

const tooLarge = () => new JqError("the regular expression is too large");

const inOrder = (once: number, on: number, isLazy: boolean): number[] => (isLazy ? [on, once] : [once, on]);

interface Thread {
  at: number;
  places: number[];
}

/**
 * Simulates all alternatives in parallel, in order of preference, so that the time is linear in the text's and the
 * expression's lengths.
 */
function run(
  program: readonly Instruction[],
  letters: readonly number[],
  from: number,
  slots: number,
): Places | undefined {
  let best: Places | undefined;
  let threads: Thread[] = [];
  for (let place = from; place <= letters.length; place++) {
    if (best && threads.length === 0) break;
    const seen = new Set<number>();
    const reached: Thread[] = [];
    for (const thread of threads) follow(program, letters, place, thread, seen, reached);
    if (!best) follow(program, letters, place, { at: 0, places: new Array(slots).fill(-1) }, seen, reached);
    countSteps(seen.size + 1);
    const end = reached.findIndex(({ at }) => program[at]!.kind === "end");
    if (end >= 0) best = reached[end]!.places;
    // A match discards all less preferred alternatives.
    const preferred = end >= 0 ? reached.slice(0, end) : reached;
    threads = preferred.filter(({ at }) => takes(program[at]!, letters[place])).map(next);
  }
  return best;
}

const takes = (instruction: Instruction, letter: number | undefined): boolean =>
  instruction.kind === "letter" && letter !== undefined && instruction.test(letter);

const next = ({ at, places }: Thread): Thread => ({ at: at + 1, places });

/** Follows all instructions that consume no character, up to those that consume one or end the match. */
function follow(
  program: readonly Instruction[],
  letters: readonly number[],
  place: number,
  start: Thread,
  seen: Set<number>,
  found: Thread[],
): void {
  const open = [start];
  for (let thread = open.pop(); thread; thread = open.pop()) {
    const { at, places } = thread;
    if (seen.has(at)) continue;
    seen.add(at);
    const instruction = program[at]!;
    if (instruction.kind === "jump")
      for (const to of instruction.to.toReversed()) open.push({ at: to, places });
    else if (instruction.kind === "save") {
      countSteps(places.length >> 4);
      open.push({ at: at + 1, places: places.with(instruction.slot, place) });
    } else if (instruction.kind !== "place") found.push(thread);
    else if (instruction.test(letters, place)) open.push({ at: at + 1, places });
  }
}
