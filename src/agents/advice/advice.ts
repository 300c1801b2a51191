/** What people who know say of a sort of finding. In commands, `{namespace}` and `{name}` are those of the object that it is
 * about. */
export interface Advice {
  text: string;
  action: string;
  /** Only reads. */
  command?: string;
  documentation?: string;
}
