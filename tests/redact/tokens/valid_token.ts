/** What readers of Troubleshoot's maps take for a token. */
export const VALID = /^\*\*\*TOKEN_[A-Z]+_[A-F0-9]+(\*\*\*|_\d+\*\*\*)$/;
