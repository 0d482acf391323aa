import { invalidArgument } from "../errors.ts";

export const idDiffers = (id: string) =>
  invalidArgument("The id in the document does not match the one in the request.", "id", id);

export const daysOutOfRange = (tier: string, least: number, most: number, days: number) =>
  invalidArgument(`Days for ${tier} must be between ${least} and ${most}`, "Days", days);
