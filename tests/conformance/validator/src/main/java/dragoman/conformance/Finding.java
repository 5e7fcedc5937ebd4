package dragoman.conformance;

/**
 * One thing found in one document.
 *
 * @param severity how bad it is; only {@code ERROR} and an unlisted {@code WARNING} fail a run
 * @param line line inside the document (1 for a line of NDJSON)
 * @param resource {@code Type/id} of the resource, or its type with its place in the bundle when it has no id
 * @param element path from the resource down, beginning with its type
 * @param text what is wrong
 */
record Finding(Severity severity, int line, String resource, String element, String text) {
    enum Severity {
        ERROR,
        WARNING,
        NOTE
    }

    static Finding error(String resource, String element, String text) {
        return new Finding(Severity.ERROR, 1, resource, element, text);
    }

    static Finding warning(String resource, String element, String text) {
        return new Finding(Severity.WARNING, 1, resource, element, text);
    }

    /** What the expressions of an allow list are matched against. */
    String subject() {
        return element + ": " + text;
    }
}
