import { invalid } from "../errors.ts";
import type { Kind } from "./tokens.ts";

export const fail = (kind: Kind, message: string): never => {
  throw invalid(`Invalid ${kind}: ${message}`);
};

export const wrongType = (kind: Kind, operator: string, type: string): never =>
  fail(
    kind,
    `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
  );
