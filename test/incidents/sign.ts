/** Where an operator would see it: an alert, `explain`, `doctor`. */
export interface Sign {
  readonly name: string;
  isSeen(): Promise<boolean>;
}
