import { type AggregateCall, compile, compileAggregate, type Evaluate, hasAggregate } from "./compile.ts";
import { failure } from "./errors.ts";
import type { Projected, Rows } from "./rows.ts";
import type { Projection, Query } from "./syntax.ts";
import type { Value } from "./values.ts";

/** A query in execution. */
export interface Running<Row> {
  /** Processes a row; returns what it adds to the result. Must not be called once `isDone`. */
  take(row: Row): Projected | undefined;
  /** Returns the part of the result that is only known at the end. */
  end(): Projected | undefined;
  /** Whether no further row can change the result. */
  readonly isDone: boolean;
}

/** @throws {AwsError} for unknown columns and unsupported features */
export function run<Row>(query: Query, rows: Rows<Row>): Running<Row> {
  const isWanted = query.where ? condition(query, rows) : () => true;
  const limit = limitOf(query);
  const { select } = query;
  if (select?.some(({ expression }) => hasAggregate(expression))) {
    return aggregating(select, rows, isWanted, limit > 0);
  }
  const project = select ? projecting(select, rows) : rows.star;
  let count = 0;
  return {
    take(row) {
      if (!isWanted(row)) return undefined;
      count++;
      return project(row);
    },
    end: () => undefined,
    get isDone() {
      return count >= limit;
    },
  };
}

function condition<Row>({ where }: Query, rows: Rows<Row>): (row: Row) => boolean {
  if (hasAggregate(where!)) throw failure("UnsupportedSqlOperation");
  const evaluate = compile(where!, rows);
  return (row) => evaluate(row) === true;
}

function limitOf({ limit }: Query): number {
  return limit?.type === "literal" ? Number(limit.value) : Number.POSITIVE_INFINITY;
}

/** Computes one row from all rows. */
function aggregating<Row>(
  select: readonly Projection[],
  rows: Rows<Row>,
  isWanted: (row: Row) => boolean,
  isAsked: boolean,
): Running<Row> {
  const gathered: AggregateCall<Row>[] = [];
  const results = select.map(({ expression }) => compileAggregate(expression, rows, gathered));
  const names = select.map(nameOf);
  return {
    take(row) {
      if (isWanted(row)) for (const { of, into } of gathered) into.add(of(row));
      return undefined;
    },
    end: () => (isAsked ? { names, values: results.map((result) => result()) } : undefined),
    isDone: !isAsked,
  };
}

/** Each `*` repeats the whole row in the result, so the number is bounded. */
const MAX_STARS = 10;

function projecting<Row>(select: readonly Projection[], rows: Rows<Row>): (row: Row) => Projected {
  const stars = select.filter((projection) => isStar(projection, rows)).length;
  if (stars > MAX_STARS) throw failure("UnsupportedSqlStructure");
  if (stars === 0) {
    const names = select.map(nameOf);
    const evaluates = select.map(({ expression }) => compile(expression, rows));
    return (row) => ({ names, values: evaluates.map((evaluate) => evaluate(row)) });
  }
  const pieces = select.map((projection, at): ((row: Row) => Projected) => {
    if (isStar(projection, rows)) return rows.star;
    const [names, evaluate]: [string[], Evaluate<Row>] = [
      [nameOf(projection, at)],
      compile(projection.expression, rows),
    ];
    return (row) => ({ names, values: [evaluate(row)] });
  });
  return (row) => {
    const parts = pieces.map((piece) => piece(row));
    return {
      names: parts.flatMap((part) => part.names),
      values: parts.flatMap((part): readonly Value[] => part.values),
    };
  };
}

function isStar<Row>({ expression }: Projection, rows: Rows<Row>): boolean {
  return expression.type === "reference" && rows.isRow(expression);
}

/** The column's alias, or else the name that it refers to, or else its position. */
function nameOf({ expression, alias }: Projection, at: number): string {
  if (alias !== undefined) return alias;
  const last = expression.type === "reference" ? expression.steps.at(-1) : undefined;
  return last && "name" in last ? last.name.text : `_${at + 1}`;
}
