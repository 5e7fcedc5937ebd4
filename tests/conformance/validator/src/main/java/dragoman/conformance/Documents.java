package dragoman.conformance;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Cuts a file into FHIR documents. When the first line that is not blank is a whole JSON object the file is NDJSON,
 * one document a line; otherwise the whole file is one document. Text that is not UTF-8 is an error of the file.
 */
final class Documents {
    /** One JSON text with its place. {@code json} is null when {@code fault} says why it could not be read. */
    record Document(String file, int line, String text, JsonNode json, String fault) {
        String place(int lineInside) {
            return file + ":" + (line + lineInside - 1);
        }
    }

    interface Consumer {
        void accept(Document document);
    }

    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    private Documents() {}

    static void read(String name, Consumer consumer) throws IOException {
        if (name.equals("-")) {
            read("-", System.in, consumer);
            return;
        }
        try (InputStream in = Files.newInputStream(Path.of(name))) {
            read(name, in, consumer);
        }
    }

    private static void read(String name, InputStream in, Consumer consumer) throws IOException {
        BufferedReader reader = new BufferedReader(
                new InputStreamReader(
                        in,
                        StandardCharsets.UTF_8
                                .newDecoder()
                                .onMalformedInput(CodingErrorAction.REPORT)
                                .onUnmappableCharacter(CodingErrorAction.REPORT)),
                1 << 16);
        int number = 0;
        String line;
        while ((line = reader.readLine()) != null) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            Document document = parse(name, number, line);
            if (document.json == null && number == 1) {
                consumer.accept(parse(name, 1, line + "\n" + rest(reader)));
                return;
            }
            consumer.accept(document);
        }
    }

    private static String rest(BufferedReader reader) throws IOException {
        StringBuilder out = new StringBuilder();
        char[] buffer = new char[1 << 16];
        int n;
        while ((n = reader.read(buffer)) > 0) {
            out.append(buffer, 0, n);
        }
        return out.toString();
    }

    private static Document parse(String name, int line, String text) {
        try {
            JsonNode json = MAPPER.readTree(text);
            if (!json.isObject() || !json.path("resourceType").isTextual()) {
                return new Document(name, line, text, null, "not a FHIR resource: no resourceType");
            }
            return new Document(name, line, text, json, null);
        } catch (JsonProcessingException e) {
            return new Document(name, line, text, null, "not readable as JSON: " + e.getOriginalMessage());
        }
    }
}
