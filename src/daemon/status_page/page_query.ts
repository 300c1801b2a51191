import { JOB_STATES, type JobQuery, type JobState } from "./job_state.ts";

/** What the address of the page asks for. */
export interface PageQuery extends JobQuery {
  /** Seconds until the page is loaded again; undefined: it is not. */
  refresh?: number;
}

const MAX_FILTER = 100;
const REFRESH_S = { least: 5, most: 3600 };

/** Reads `?filter=&state=&page=&refresh=`. What makes no sense is passed over. */
export function parsePageQuery(parameters: URLSearchParams): PageQuery {
  const page = Number(parameters.get("page"));
  const refresh = Number(parameters.get("refresh") || NaN);
  const state = parameters.get("state") as JobState;
  return {
    filter: (parameters.get("filter") ?? "").trim().slice(0, MAX_FILTER),
    state: JOB_STATES.includes(state) ? state : undefined,
    page: Number.isInteger(page) && page >= 1 ? Math.min(page, 1_000_000) : 1,
    refresh: Number.isFinite(refresh)
      ? Math.round(Math.min(REFRESH_S.most, Math.max(REFRESH_S.least, refresh)))
      : undefined,
  };
}

/** The address of the page with some of what it asks for changed. */
export function jobsUrl(query: PageQuery, change: Partial<PageQuery>, anchor = "#jobs"): string {
  const { filter, state, page, refresh } = { ...query, ...change };
  const parameters = new URLSearchParams();
  if (filter !== "") parameters.set("filter", filter);
  if (state !== undefined) parameters.set("state", state);
  if (page > 1) parameters.set("page", String(page));
  if (refresh !== undefined) parameters.set("refresh", String(refresh));
  return `/${parameters.size === 0 ? "" : `?${parameters}`}${anchor}`;
}
