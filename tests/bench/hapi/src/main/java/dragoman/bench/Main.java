package dragoman.bench;

import ca.uhn.fhir.context.FhirContext;
import java.io.BufferedWriter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How fast HAPI HL7v2 and HAPI FHIR turn HL7 v2 text into FHIR R4 text on one thread. The messages are in memory, the
 * FHIR text is encoded to UTF-8 and counted. An observation is one metric row. Prints one line of JSON for each file.
 */
public final class Main {
    /** Takes what a sink would, and only counts it. */
    private static final class Counter extends OutputStream {
        long bytes;

        @Override
        public void write(int b) {
            bytes++;
        }

        @Override
        public void write(byte[] b, int offset, int length) {
            bytes += length;
        }
    }

    private Main() {}

    public static void main(String[] args) throws Exception {
        double seconds = 10;
        double warmUp = 10;
        Path terms = null;
        Path out = null;
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--seconds" -> seconds = Double.parseDouble(args[++i]);
                case "--warm-up" -> warmUp = Double.parseDouble(args[++i]);
                case "--terms" -> terms = Path.of(args[++i]);
                case "--out" -> out = Path.of(args[++i]);
                default -> files.add(Path.of(args[i]));
            }
        }
        if (terms == null || files.isEmpty()) {
            System.err.println("usage: run --terms FOLDER [--seconds S] [--warm-up S] [--out FILE] FILE.hl7...");
            System.exit(2);
        }
        FhirContext fhir = FhirContext.forR4();
        Translator translator = new Translator(fhir, Terms.read(terms));
        if (out != null) {
            for (Path file : files) {
                write(translator, messages(file), out);
            }
            return;
        }
        // All of them first, so that the compiler has seen everything before the first one is measured.
        for (Path file : files) {
            measure(translator, messages(file), warmUp);
        }
        for (Path file : files) {
            System.out.println(line(file, measure(translator, messages(file), seconds)));
        }
    }

    /** Cuts a file where a segment begins with MSH. */
    private static List<String> messages(Path file) throws IOException {
        List<String> out = new ArrayList<>();
        for (String message : Files.readString(file).split("(?<=\r)(?=MSH\\|)")) {
            out.add(message);
        }
        return out;
    }

    private static void write(Translator translator, List<String> messages, Path out) throws Exception {
        try (Writer writer = new OutputStreamWriter(new FileOutputStream(out.toFile(), true), StandardCharsets.UTF_8)) {
            for (String message : messages) {
                translator.translate(message, writer);
            }
        }
    }

    private record Rate(double seconds, long messages, long observations, long bytesIn, long bytesOut) {}

    /** Goes through the messages again and again until the time is over. */
    private static Rate measure(Translator translator, List<String> messages, double seconds) throws Exception {
        Counter counter = new Counter();
        Writer writer = new BufferedWriter(new OutputStreamWriter(counter, StandardCharsets.UTF_8), 1 << 16);
        long before = translator.metrics();
        long begin = System.nanoTime();
        long end = begin + (long) (seconds * 1e9);
        long count = 0;
        long bytesIn = 0;
        while (System.nanoTime() < end) {
            String message = messages.get((int) (count++ % messages.size()));
            bytesIn += message.length();
            translator.translate(message, writer);
        }
        writer.flush();
        double spent = (System.nanoTime() - begin) / 1e9;
        return new Rate(spent, count, translator.metrics() - before, bytesIn, counter.bytes);
    }

    private static String line(Path file, Rate rate) {
        return String.format(
                Locale.ROOT,
                "{\"what\":\"hapi\",\"file\":\"%s\",\"seconds\":%.3f,\"messages\":%d,\"observations\":%d,"
                        + "\"bytes_in\":%d,\"bytes_out\":%d,\"messages_per_s\":%.0f,\"observations_per_s\":%.0f,"
                        + "\"mb_in_per_s\":%.2f,\"mb_out_per_s\":%.2f}",
                file.getFileName(),
                rate.seconds,
                rate.messages,
                rate.observations,
                rate.bytesIn,
                rate.bytesOut,
                rate.messages / rate.seconds,
                rate.observations / rate.seconds,
                rate.bytesIn / rate.seconds / 1e6,
                rate.bytesOut / rate.seconds / 1e6);
    }
}
