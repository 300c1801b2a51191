import { relativeTime, spanText } from "../../core/time_text.ts";
import { type Html, html } from "../../core/html.ts";

/** An instant as people say it, with the exact one for whoever hovers or listens: `in 4 min`. */
export function when(time: string | null | undefined, now: Date): Html {
  if (time === null || time === undefined) {
    return html`
      <span class="none">none</span>
    `;
  }
  return html`
    <time datetime="${time}" title="${exact(time)}">${relativeTime(new Date(time), now)}</time>
  `;
}

/** `2026-03-02 02:00:00 UTC` */
export function exact(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** `03-02 02:00` */
export function shortTime(time: string): string {
  return `${time.slice(5, 10)} ${time.slice(11, 16)}`;
}

/** @param seconds */
export function span(seconds: number): string {
  return spanText(seconds * 1000);
}
