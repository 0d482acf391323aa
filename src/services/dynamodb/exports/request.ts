import { parseArn } from "#aws/arn.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Input } from "#kernel/service.ts";
import { recoveryUnavailable } from "../backups/errors.ts";
import { earliestOf } from "../backups/undo.ts";
import { checkClientToken } from "../client-token.ts";
import type { Export, Table } from "../store.ts";
import {
  endsInFuture,
  noKeyHere,
  noSpan,
  noStart,
  notAnArn,
  notATableArn,
  spanIsLong,
  spanIsShort,
  spanOfFullExport,
  spanWithoutType,
  startsBeforeTable,
  timeIsGone,
  timeIsWrong,
} from "./errors.ts";

type Request = Input<"dynamodb", "ExportTableToPointInTime">;

const MIN_PERIOD_MS = 15 * 60_000;
const MAX_PERIOD_MS = 86_400_000;

/** Checks all that does not depend on the table. @throws {AwsError} ValidationException */
export function checkRequest(input: Request): void {
  const arn = parseArn(input.TableArn);
  if (!arn) throw notAnArn();
  if (!/^table\/[^/]+$/.test(arn.resource)) throw notATableArn();
  checkClientToken(input.ClientToken);
  const { ExportType, IncrementalExportSpecification: span } = input;
  if (span && ExportType === undefined) throw spanWithoutType();
  if (span && ExportType === "FULL_EXPORT") throw spanOfFullExport();
  if (ExportType === "INCREMENTAL_EXPORT" && !span) throw noSpan();
  if (span && !span.ExportFromTime) throw noStart();
  if (input.S3SseKmsKeyId !== undefined && input.S3SseAlgorithm !== "KMS") throw noKeyHere();
  if (input.ExportFormat === "ION" && span)
    throw notImplemented("the export format ION of an incremental export");
}

/**
 * The moment or period to export.
 * @throws {AwsError} InvalidExportTimeException, PointInTimeRecoveryUnavailableException
 */
export function timesOf(table: Table, input: Request, now: number): Pick<Export, "at" | "span"> {
  const { IncrementalExportSpecification: span } = input;
  return span ? spanOf(table, span, now) : momentOf(table, input.ExportTime, now);
}

function momentOf(table: Table, sent: Date | undefined, now: number): Pick<Export, "at"> {
  if (!table.recovery) throw recoveryUnavailable(table.name);
  const at = sent?.getTime() ?? now;
  if (at > now || at < table.created) throw timeIsWrong();
  if (at < earliestOf(table.recovery, now)) throw timeIsGone();
  return { at };
}

function spanOf(
  table: Table,
  sent: NonNullable<Request["IncrementalExportSpecification"]>,
  now: number,
): Pick<Export, "at" | "span"> {
  const from = sent.ExportFromTime!.getTime();
  const to = sent.ExportToTime?.getTime() ?? now;
  if (from < table.created) throw startsBeforeTable(from);
  if (!table.recovery) throw recoveryUnavailable(table.name);
  if (to > now) throw endsInFuture(to);
  if (to - from < MIN_PERIOD_MS) throw spanIsShort();
  if (to - from > MAX_PERIOD_MS) throw spanIsLong();
  if (from < earliestOf(table.recovery, now)) throw timeIsGone();
  return { at: to, span: { from, view: sent.ExportViewType ?? "NEW_AND_OLD_IMAGES" } };
}
