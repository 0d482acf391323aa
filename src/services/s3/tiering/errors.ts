import { AwsError } from "#aws/errors.ts";
import { invalidArgument } from "../errors.ts";

export const noSuchConfiguration = () =>
  new AwsError("NoSuchConfiguration", "The specified configuration does not exist.", { status: 404 });

export const tooManyConfigurations = () =>
  new AwsError(
    "TooManyConfigurations",
    "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
  );

export const idDiffers = (id: string) =>
  invalidArgument("The id in the document does not match the one in the request.", "id", id);

export const daysOutOfRange = (tier: string, least: number, most: number, days: number) =>
  invalidArgument(`Days for ${tier} must be between ${least} and ${most}`, "Days", days);

export const wrongToken = (token: string) =>
  invalidArgument("The continuation token provided is incorrect", "continuation-token", token);
