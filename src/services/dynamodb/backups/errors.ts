import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"dynamodb">();

export const noSuchBackup = (arn: string) => fault("BackupNotFoundException", `Backup not found: ${arn}`);
export const backupInUse = (arn: string) =>
  fault("BackupInUseException", `Backup is being created or used: ${arn}`);
export const tableNotFound = (name: string) => fault("TableNotFoundException", `Table not found: ${name}`);
export const tableAlreadyExists = (name: string) =>
  fault("TableAlreadyExistsException", `Table already exists: ${name}`);
export const recoveryUnavailable = (name: string) =>
  fault(
    "PointInTimeRecoveryUnavailableException",
    `Point in time recovery is not enabled for table '${name}'`,
  );
export const notRestorable = (from: Date, to: Date) =>
  fault(
    "InvalidRestoreTimeException",
    `The restore time must lie between ${from.toISOString()} and ${to.toISOString()}`,
  );
