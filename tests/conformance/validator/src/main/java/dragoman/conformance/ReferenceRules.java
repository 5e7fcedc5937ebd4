package dragoman.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What has to hold between the entries of a bundle: every reference leads somewhere, a batch's entries do not lean
 * on each other, no resource is written twice in one transaction, and a PUT names the resource it carries.
 */
final class ReferenceRules {
    private ReferenceRules() {}

    static void check(Scope scope, List<Finding> out) {
        Map<String, String> written = new HashMap<>();
        for (Scope.Member member : scope.members) {
            walk(scope, member, member.resource(), member.type(), out);
            request(member, written, out);
        }
    }

    private static void walk(Scope scope, Scope.Member member, JsonNode node, String path, List<Finding> out) {
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                walk(scope, member, node.get(i), path + "[" + i + "]", out);
            }
        } else if (node.isObject()) {
            if (node.path("reference").isTextual()) {
                reference(scope, member, node, path, out);
            }
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                walk(scope, member, field.getValue(), path + "." + field.getKey(), out);
            }
        }
    }

    private static void reference(Scope scope, Scope.Member member, JsonNode node, String path, List<Finding> out) {
        String target = node.path("reference").asText();
        if (target.startsWith("#")) {
            contained(member, target, path, out);
        } else if (target.indexOf('?') >= 0) {
            if (!scope.bundleType.equals("transaction")) {
                out.add(at(member, path, "conditional reference '" + target + "' outside a transaction"));
            }
        } else if (scope.bundleType.equals("batch") && target.startsWith("urn:")) {
            out.add(at(member, path, "'" + target + "' leans on another entry of the same batch"));
        } else if (!leavesScope(scope, target) && scope.resolve(node) == null) {
            out.add(at(member, path, "reference '" + target + "' leads nowhere"));
        }
    }

    /** A web address lies elsewhere, and so may anything named by {@code Type/id} from a resource that stands alone. */
    private static boolean leavesScope(Scope scope, String target) {
        return target.startsWith("http://") || target.startsWith("https://")
                || scope.bundleType.isEmpty() && !target.startsWith("urn:");
    }

    private static void contained(Scope.Member member, String target, String path, List<Finding> out) {
        for (JsonNode inner : member.resource().path("contained")) {
            if (target.equals("#" + inner.path("id").asText(""))) {
                return;
            }
        }
        out.add(at(member, path, "reference '" + target + "' leads nowhere"));
    }

    private static void request(Scope.Member member, Map<String, String> written, List<Finding> out) {
        String method = member.request().path("method").asText("");
        String url = member.request().path("url").asText("");
        String condition = member.request().path("ifNoneExist").asText("");
        if (method.equals("PUT")) {
            String own = member.type() + "/" + member.resource().path("id").asText("");
            if (url.indexOf('?') < 0 && !url.equals(own)) {
                out.add(at(member, member.type(), "PUT " + url + " carries " + own));
            }
        } else if (!method.equals("POST") || condition.isEmpty()) {
            return;
        }
        String key = method.equals("PUT") ? url : member.type() + "?" + condition;
        String other = written.putIfAbsent(key, member.name());
        if (other != null) {
            out.add(at(member, member.type(), method + " " + key + " stands twice in one bundle (" + other + ")"));
        }
    }

    private static Finding at(Scope.Member member, String path, String text) {
        return new Finding(Finding.Severity.ERROR, member.line(), member.name(), path, text);
    }
}
