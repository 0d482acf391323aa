import { AwsError } from "#aws/errors.ts";
import { invalidArgument, notImplemented } from "../errors.ts";

export const restoreInProgress = () =>
  new AwsError("RestoreAlreadyInProgress", "Object restore is already in progress", { status: 409 });

export const notRestorable = (storageClass: string) =>
  new AwsError("InvalidObjectState", "Restore is not allowed for the object's current storage class", {
    status: 403,
    members: { StorageClass: storageClass },
  });

export const alreadyActive = () =>
  new AwsError("ObjectAlreadyInActiveTierError", "This action is not allowed against this storage tier.", {
    status: 403,
  });

export const tierNotSupported = (tier: string) =>
  invalidArgument("Retrieval option is not supported by this storage class", "Tier", tier);

export const tieringHasNoDays = (days: number) =>
  invalidArgument(
    "INTELLIGENT_TIERING objects are not subject to restore expiry. Do not specify Days when restoring this object",
    "Days",
    days,
  );

export const daysTooFew = (days: number) =>
  invalidArgument("restoration days should be at least 1", "Days", days);

export const restoreNotImplemented = (what: string) =>
  notImplemented(`${what} in a restore is not implemented.`);
