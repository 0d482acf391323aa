import { faultsOf } from "#kernel/service.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import { invalid } from "../errors.ts";

const fault = faultsOf<"dynamodb">();

export const noSuchBackup = (arn: string) => fault("BackupNotFoundException", `Backup not found: ${arn}`);
export const backupInUse = (arn: string) =>
  fault("BackupInUseException", `Backup is being used to restore table: ${arn}`);
export const backupRestoresAnother = (arn: string) =>
  fault("BackupInUseException", `Backup is being used to restore another table: ${arn}`);
export const systemBackup = (arn: string, expires: Date) =>
  invalid(
    `Invalid Request: User is not allowed to delete the system backup with arn ${arn}. It will automatically expire on ${expires.toISOString()}`,
  );
export const noBackupArn = () => invalid("Invalid Backup ARN");
export const tableNotFound = (name: string) => fault("TableNotFoundException", `Table not found: ${name}`);
export const tableAlreadyExists = (name: string) =>
  fault("TableAlreadyExistsException", `Table already exists: ${name}`);
export const recoveryUnavailable = (name: string) =>
  fault(
    "PointInTimeRecoveryUnavailableException",
    `Point in time recovery is not enabled for table '${name}'`,
  );
export const notRestorable = (moment: Date, from: Date, to: Date) =>
  fault(
    "InvalidRestoreTimeException",
    `RestoreDateTime '${isoSeconds(moment.getTime())}' must be within EarliestRestorableDateTime '${isoSeconds(from.getTime())}' and LatestRestorableDateTime '${isoSeconds(to.getTime())}'`,
  );
export const tableIsBeingRestored = (name: string, from: string) =>
  fault("TableInUseException", `Table: ${name} is already being restored from backup: ${from}`);
export const invalidRequest = (reason: string) => invalid(`Invalid Request: ${reason}`);
