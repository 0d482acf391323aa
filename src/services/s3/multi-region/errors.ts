/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
import { AwsError } from "#aws/errors.ts";

export const noSuchMultiRegionAccessPoint = () =>
  new AwsError("NoSuchMultiRegionAccessPoint", "The specified Multi-Region Access Point does not exist.", {
    status: 404,
  });

export const alreadyOwned = () =>
  new AwsError(
    "MultiRegionAccessPointAlreadyOwnedByYou",
    "You already have a Multi-Region Access Point with the same name.",
  );

export const sameBucketRegion = () =>
  new AwsError(
    "MultiRegionAccessPointSameBucketRegion",
    "The buckets used to create a Multi-Region Access Point cannot be in the same Region.",
  );

export const noSuchAsyncRequest = () =>
  new AwsError("NoSuchAsyncRequest", "The specified request was not found.", { status: 404 });

export const invalidName = () =>
  new AwsError("InvalidRequest", "The name of the Multi-Region Access Point is not valid.");

export const noRegions = () => new AwsError("InvalidRequest", "A Multi-Region Access Point needs a Region.");

export const tooManyRegions = () =>
  new AwsError(
    "TooManyMultiRegionAccessPointregionsError",
    "You have attempted to create a Multi-Region Access Point with more Regions than are allowed for an account.",
  );

export const tooManyAccessPoints = () =>
  new AwsError(
    "TooManyMultiRegionAccessPoints",
    "You have attempted to create more Multi-Region Access Points than are allowed for an account.",
  );

export const invalidRoute = (reason: string) => new AwsError("InvalidRequest", reason);
