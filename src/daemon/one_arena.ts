/** For a daemon's environment: glibc keeps what is free in one place instead of in one for each thread, which is a tenth of
 * what an idle daemon holds. Other systems take no notice. */
export const ONE_ARENA = { MALLOC_ARENA_MAX: "1" } as const;

/** For the environment of what a daemon starts, which has work to do on several threads. */
export const USUAL_ARENAS = { MALLOC_ARENA_MAX: "" } as const;
