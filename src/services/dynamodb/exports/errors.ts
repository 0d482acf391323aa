import { faultsOf } from "#kernel/service.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { invalid, invalidParameters } from "../errors.ts";

const fault = faultsOf<"dynamodb">();
const wrongTime = (message: string) => fault("InvalidExportTimeException", message);

const exportNotFound = (why: string) => fault("ExportNotFoundException", `Export not found: ${why}`);
export const noSuchExport = (arn: string) => exportNotFound(`Export not found: ${arn}`);
export const exportOfOtherRegion = () => exportNotFound("Invalid export arn");
export const notAnExport = () => invalid("Invalid Export ARN");
export const exportConflict = () =>
  fault("ExportConflictException", "Export conflict: Duplicate request detected with conflicting parameters");
export const wrongToken = (token: string) =>
  invalid(`Invalid Request: Provided nextToken is invalid: ${token}`);
export const notAnArn = () => invalidParameters("tableArn is not a valid ARN");
export const notATableArn = () => invalid("Invalid Request: Table ARN is invalid.");
export const noKeyHere = () =>
  invalid("Invalid Request: KMS Key Id is not supported for this encryption type");

export const filterTooLarge = () =>
  invalid("Combined size of ExpressionAttributeNames and ExpressionAttributeValues exceeds max size");

export const timeIsWrong = () => wrongTime("Export Time is invalid");
export const timeIsGone = () =>
  wrongTime("Point in Time Recovery is not available for specified export time");

export const spanOfFullExport = () =>
  invalid(
    "Invalid Request: When Export Type is Full Export , Incremental Export Specification should not be provided",
  );
export const spanWithoutType = () =>
  invalid(
    "Invalid Request: Export Type expected to be Incremental Export when incremental export specification is provided",
  );
export const noSpan = () =>
  invalid(
    "Invalid Request: Incremental Export Specification expected when export type is set as Incremental Export",
  );
export const noStart = () =>
  invalid("Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification");
export const startsBeforeTable = (from: number) =>
  wrongTime(
    `Incremental export period from time cannot be less than the table creation time : ${isoSeconds(from)}`,
  );
export const endsInFuture = (to: number) =>
  wrongTime(`Incremental export period to time cannot be greater than the current time : ${isoSeconds(to)}`);
export const spanIsShort = () =>
  wrongTime("Difference between export period from time and export period to time is less than 15 minutes");
export const spanIsLong = () =>
  wrongTime("Difference between export period from time and export period to time is greater than 24 hours");
