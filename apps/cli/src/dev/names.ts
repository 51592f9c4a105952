// What `salus dev` calls things that others ask for.

/** Names the logs of this machine: `localhost/log/<organization>/<year>`. */
export const LOCAL_LOG_ORIGIN = 'localhost';
