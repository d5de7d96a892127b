import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/** A department on Kafka: accept and finish whatever is dispatched to it; needs kafka-clients and jackson-databind. */
public final class Department {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String STRINGS = "org.apache.kafka.common.serialization.String";

    private final KafkaProducer<String, String> producer;

    private Department(KafkaProducer<String, String> producer) {
        this.producer = producer;
    }

    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", System.getenv("SIDAN_KAFKA"),
            "security.protocol", "SASL_PLAINTEXT",
            "sasl.mechanism", "SCRAM-SHA-512",
            "sasl.jaas.config", String.format(
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"%s\" password=\"%s\";",
                System.getenv("SIDAN_LOGIN"), System.getenv("SIDAN_PASSWORD"))));
        Properties reading = new Properties();
        reading.putAll(settings);
        reading.putAll(Map.of(
            "group.id", System.getenv("SIDAN_GROUPS") + "java",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", "false",
            "key.deserializer", STRINGS + "Deserializer",
            "value.deserializer", STRINGS + "Deserializer"));
        Properties writing = new Properties();
        writing.putAll(settings);
        writing.putAll(Map.of(
            "acks", "all",
            "key.serializer", STRINGS + "Serializer",
            "value.serializer", STRINGS + "Serializer"));
        try (KafkaConsumer<String, String> orders = new KafkaConsumer<>(reading);
             KafkaProducer<String, String> producer = new KafkaProducer<>(writing)) {
            Department department = new Department(producer);
            orders.subscribe(List.of(System.getenv("SIDAN_ORDERS")));
            while (true) {
                for (ConsumerRecord<String, String> record : orders.poll(Duration.ofSeconds(1))) {
                    department.answer(record);
                }
                producer.flush();
                orders.commitSync(); // only what was answered: killed before, it answers again, and it counts once
            }
        }
    }

    /** Print a fact, and answer it if it wants an answer. */
    private void answer(ConsumerRecord<String, String> record) throws Exception {
        JsonNode fact = JSON.readTree(record.value());
        String kind = header(record, "ce_type");
        if (kind.equals("reply.refused.v1")) {
            System.out.println(String.join(" ", kind, fact.get("order").asText(), fact.get("rule").asText()));
            return;
        }
        String order = header(record, "ce_subject");
        System.out.println(String.join(" ", kind, order, fact.get("status").asText()));
        ObjectNode reply = JSON.createObjectNode().put("order", order).put("assignment", fact.get("assignment").asInt());
        String[] stream = System.getenv("SIDAN_ORDERS").split("\\.");
        boolean isMine = fact.get("responsible").asText().equals(stream[stream.length - 2]); // or it supports who leads
        if (kind.equals("order.dispatched.v1") && isMine) {
            send(record, "order.accept.v1", order, reply.put("handler", "值班班长"));
        } else if (kind.equals("order.dispatched.v1")) {
            send(record, "order.answer_part.v1", order, reply.put("note", "已配合办理完毕"));
        } else if (kind.equals("order.accepted.v1") && isMine) {
            reply.put("what", "已到现场处理完毕").put("contacted", true).put("evidence", 1).put("handler", "值班班长");
            send(record, "order.finish.v1", order, reply);
        }
    }

    private void send(ConsumerRecord<String, String> cause, String type, String order, ObjectNode reply) {
        ProducerRecord<String, String> record =
            new ProducerRecord<>(System.getenv("SIDAN_REPLIES"), order, reply.toString());
        // An id made from what is answered: should this program start anew and answer twice, it counts once.
        String id = header(cause, "ce_id") + "/" + type;
        Map.of("ce_specversion", "1.0", "ce_id", id, "ce_type", type, "ce_source", "/department")
            .forEach((name, value) -> record.headers().add(name, value.getBytes(StandardCharsets.UTF_8)));
        producer.send(record);
    }

    private static String header(ConsumerRecord<String, String> record, String name) {
        Header found = record.headers().lastHeader(name);
        return found == null ? "" : new String(found.value(), StandardCharsets.UTF_8);
    }
}
