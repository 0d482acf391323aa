export type ServiceName = string;
