import { AwsError } from "#aws/errors.ts";
import { notImplemented } from "../errors.ts";

export const noSuchAccessPoint = (name: string) =>
  new AwsError("NoSuchAccessPoint", "The specified accesspoint does not exist", {
    status: 404,
    members: { AccessPointName: name },
  });

export const noSuchAccessPointPolicy = (name: string) =>
  new AwsError("NoSuchAccessPointPolicy", "The specified accesspoint policy does not exist", {
    status: 404,
    members: { AccessPointName: name },
  });

export const accessPointAlreadyOwned = (name: string) =>
  new AwsError(
    "AccessPointAlreadyOwnedByYou",
    "An access point with an identical name already exists in your account.",
    { status: 409, members: { AccessPointName: name } },
  );

export const invalidAccessPoint = () =>
  new AwsError("InvalidAccessPoint", "The specified access point name or account is not valid.");

export const bucketHasAccessPoints = (bucket: string) =>
  new AwsError(
    "BucketHasAccessPointsAttached",
    "The bucket you are attempting to delete has access points attached. Delete your access points and try again.",
    { status: 400, members: { BucketName: bucket } },
  );

export const bucketElsewhere = (bucket: string) =>
  new AwsError("InvalidRequest", "The bucket is not in the Region of this endpoint.", {
    members: { BucketName: bucket },
  });

export const notImplementedMember = (member: string) =>
  notImplemented(`Nube does not implement ${member} of access points yet.`);

export const noSuchResource = (arn: string) =>
  new AwsError("NoSuchResource", "The specified resource doesn't exist.", {
    status: 404,
    members: { ResourceArn: arn },
  });
