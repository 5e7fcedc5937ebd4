package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What the form of a code alone can prove, for the systems whose content is not here: LOINC's check digit, and that
 * an MDC code is the decimal text of a 32-bit number, never a reference id.
 */
final class CodeRule {
    private static final Pattern LOINC_FORM = Pattern.compile("(LA|LP)?[1-9][0-9]{0,7}-[0-9]");
    private static final Pattern MDC_FORM = Pattern.compile("[1-9][0-9]{0,9}");

    private CodeRule() {}

    static void check(Scope scope, List<Finding> out) {
        for (Scope.Member member : scope.members) {
            walk(member, member.resource(), member.type(), out);
        }
    }

    private static void walk(Scope.Member member, JsonNode node, String path, List<Finding> out) {
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                walk(member, node.get(i), path + "[" + i + "]", out);
            }
        } else if (node.isObject()) {
            coding(member, node, path, out);
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                walk(member, field.getValue(), path + "." + field.getKey(), out);
            }
        }
    }

    private static void coding(Scope.Member member, JsonNode node, String path, List<Finding> out) {
        String system = node.path("system").asText("");
        if (!node.path("code").isTextual()) {
            return;
        }
        String code = node.path("code").asText();
        if (system.equals(CodesWithoutContent.LOINC) && !loincHolds(code)
                || system.equals(CodesWithoutContent.MDC) && !mdcHolds(code)) {
            String text = "'" + code + "' cannot be a code of " + system;
            out.add(new Finding(Finding.Severity.ERROR, member.line(), member.name(), path, text));
        }
    }

    static boolean mdcHolds(String code) {
        return MDC_FORM.matcher(code).matches() && Long.parseLong(code) <= 0xFFFFFFFFL;
    }

    /** LOINC's last digit is the Luhn digit of the number before the dash. */
    static boolean loincHolds(String code) {
        if (!LOINC_FORM.matcher(code).matches()) {
            return false;
        }
        String digits = code.replaceAll("[^0-9]", "");
        int sum = 0;
        for (int i = digits.length() - 2, place = 0; i >= 0; i--, place++) {
            int digit = digits.charAt(i) - '0';
            int weighed = place % 2 == 0 ? digit * 2 : digit;
            sum += weighed > 9 ? weighed - 9 : weighed;
        }
        return (10 - sum % 10) % 10 == digits.charAt(digits.length() - 1) - '0';
    }
}
