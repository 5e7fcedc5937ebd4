#include "app/iomt.h"

#include "base/bytes.h"
#include <strings.h>

/* Of one device content template. */
typedef struct content {
    yaml_tree *file;
    yaml_node_t *node;
    dragoman_bytes kind; /* JsonPathContent ... */
    dragoman_bytes type;
    yaml_tree *mapping_file; /* its FHIR mapping, or NULL */
    yaml_node_t *mapping;
    buffer prefix; /* the way to the part that matched */
} content;

typedef struct work {
    yaml_tree *files;
    size_t count;
    const char *name;
    buffer messages;
    buffer codes;
    iomt_count made;
} work;

/* A key of a template: their readers do not mind how it is spelled. */
static yaml_node_t *member(yaml_tree *file, yaml_node_t *node, const char *name) {
    size_t count = 0;
    if (node == NULL || node->type != YAML_MAPPING_NODE || !yaml_tree_pairs(file, node, &count)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        dragoman_bytes key;
        yaml_node_t *value = yaml_tree_pair(file, node, i, &key);
        if (key.size == strlen(name) && strncasecmp((const char *)key.data, name, key.size) == 0) {
            return value;
        }
    }
    return NULL;
}

static dragoman_bytes text_of(const yaml_node_t *node) {
    if (node == NULL || node->type != YAML_SCALAR_NODE) {
        return (dragoman_bytes){NULL, 0};
    }
    return (dragoman_bytes){node->data.scalar.value, node->data.scalar.length};
}

static dragoman_bytes member_text(yaml_tree *file, yaml_node_t *node, const char *name) {
    return text_of(member(file, node, name));
}

static bool is_word(dragoman_bytes text, const char *word) {
    return text.size == strlen(word) && strncasecmp((const char *)text.data, word, text.size) == 0;
}

static size_t item_count(const yaml_node_t *list) {
    return list == NULL || list->type != YAML_SEQUENCE_NODE
               ? 0
               : (size_t)(list->data.sequence.items.top - list->data.sequence.items.start);
}

/* An expression: a text, or an object with its language. NULL: there is none; a language that is no JSON path is told.
 */
static yaml_node_t *expression_of(content *self, yaml_node_t *holder, const char *name) {
    yaml_node_t *node = member(self->file, holder, name);
    if (node != NULL && node->type == YAML_MAPPING_NODE) {
        dragoman_bytes language = member_text(self->file, node, "language");
        if (language.size > 0 && !is_word(language, "JsonPath")) {
            yaml_tree_mistake(self->file, node, "%s: an expression in %.*s is not carried over, JSON path only", name,
                              BYTES_FORMAT(language));
            return NULL;
        }
        node = member(self->file, node, "value");
    }
    return text_of(node).size == 0 ? NULL : node;
}

/* Appends ` KEY: "WAY"` of an expression. False: there is none that can be said; then it was told. */
static bool add_way(content *self, buffer *to, const char *key, yaml_node_t *node) {
    static const char matched[] = "$.matchedToken";
    dragoman_bytes text = text_of(node);
    buffer whole;
    buffer_init(&whole);
    bool is_calculated = is_word(self->kind, "CalculatedContent");
    bool is_of_match = bytes_starts_with(text, matched);
    size_t used = is_of_match ? sizeof matched - 1 : text.size == 0 ? 0 : 1;
    buffer_append_byte(&whole, '$');
    buffer_append(&whole, text.data + used, text.size - used);
    size_t before = to->size;
    buffer_append_format(to, "%s: ", key);
    bool is_said = text.size > 0 && text.data[0] == '$' && (is_of_match || !is_calculated) &&
                   iomt_way(buffer_bytes(&whole), buffer_bytes(&self->prefix), to);
    if (!is_said) {
        to->size = before;
        yaml_tree_mistake(self->file, node,
                          "the expression %.*s is not carried over: a profile knows ways of members "
                          "and elements from the part that matched",
                          BYTES_FORMAT(text));
    }
    buffer_fini(&whole);
    return is_said;
}

static void add_optional_way(content *self, buffer *to, const char *key, const char *name) {
    yaml_node_t *node = expression_of(self, self->node, name);
    buffer way;
    buffer_init(&way);
    if (node != NULL && add_way(self, &way, key, node)) {
        buffer_append_text(to, "      ");
        buffer_append_bytes(to, buffer_bytes(&way));
        buffer_append_byte(to, '\n');
    }
    buffer_fini(&way);
}

static const char *system_of(dragoman_bytes system) {
    return bytes_is(system, "http://loinc.org") ? "LN" : bytes_is(system, "urn:iso:std:iso:11073:10101") ? "MDC" : NULL;
}

static void add_coding(yaml_tree *file, yaml_node_t *coding, buffer *to) {
    dragoman_bytes system = member_text(file, coding, "system");
    const char *known = system_of(system);
    buffer_append_text(to, "{ code: ");
    iomt_quote(to, member_text(file, coding, "code"));
    if (system.size > 0) {
        buffer_append_text(to, ", system: ");
        iomt_quote(to, known == NULL ? system : bytes_of(known));
    }
    if (member_text(file, coding, "display").size > 0) {
        buffer_append_text(to, ", text: ");
        iomt_quote(to, member_text(file, coding, "display"));
    }
    buffer_append_text(to, " }");
}

/* Appends `codes: [...]` of a template or component; nothing when it has none. */
static bool add_codes(yaml_tree *file, yaml_node_t *holder, buffer *to) {
    enum { CODES_MOST = 3 }; /* of an observation beside its own, in the adapter */
    yaml_node_t *list = member(file, holder, "codes");
    size_t count = item_count(list);
    for (size_t i = 0; i < count && i < CODES_MOST; i++) {
        buffer_append_text(to, i == 0 ? "codes: [" : ", ");
        add_coding(file, yaml_tree_item(file, list, i), to);
    }
    if (count > CODES_MOST) {
        yaml_tree_mistake(file, yaml_tree_item(file, list, CODES_MOST),
                          "more than 3 codes of a value are not carried over");
    }
    buffer_append_text(to, count > 0 ? "]" : "");
    return count > 0;
}

/* The component or template whose value is called `name`; NULL: the mapping does not have it. */
static yaml_node_t *holder_of(content *self, dragoman_bytes name) {
    yaml_node_t *components = member(self->mapping_file, self->mapping, "components");
    yaml_node_t *own = member(self->mapping_file, self->mapping, "value");
    if (own != NULL && bytes_equal(member_text(self->mapping_file, own, "valueName"), name)) {
        return self->mapping;
    }
    for (size_t i = 0; i < item_count(components); i++) {
        yaml_node_t *component = yaml_tree_item(self->mapping_file, components, i);
        yaml_node_t *value = member(self->mapping_file, component, "value");
        if (bytes_equal(member_text(self->mapping_file, value, "valueName"), name)) {
            return component;
        }
    }
    return NULL;
}

/* How the value goes out: unit, type, concept. */
static void add_meaning(content *self, yaml_node_t *value, buffer *to) {
    yaml_tree *file = self->mapping_file;
    dragoman_bytes kind = member_text(file, value, "valueType");
    dragoman_bytes code = member_text(file, value, "code");
    dragoman_bytes unit = member_text(file, value, "unit");
    bool is_ucum = bytes_is(member_text(file, value, "system"), "http://unitsofmeasure.org") && code.size > 0;
    if (is_word(kind, "String")) {
        buffer_append_text(to, ", type: text");
    } else if (is_word(kind, "CodeableConcept")) {
        yaml_node_t *codes = member(file, value, "codes");
        buffer_append_text(to, ", type: concept, concept: ");
        if (item_count(codes) > 0) {
            add_coding(file, yaml_tree_item(file, codes, 0), to);
        } else {
            buffer_append_text(to, "{ text: ");
            iomt_quote(to, member_text(file, value, "text"));
            buffer_append_text(to, " }");
        }
        if (item_count(codes) > 1) {
            yaml_tree_mistake(file, codes, "only the first code of a CodeableConcept is carried over");
        }
    } else if (is_word(kind, "Quantity") || is_word(kind, "SampledData")) {
        if (unit.size > 0 || is_ucum) {
            buffer_append_text(to, ", unit: ");
            iomt_quote(to, is_ucum ? code : unit);
        }
        if (is_word(kind, "SampledData")) {
            yaml_tree_mistake(file, value,
                              "SampledData is not carried over: each value goes out as a Quantity with its "
                              "own time");
        }
    } else {
        yaml_tree_mistake(file, value, "the value type \"%.*s\" is not carried over", BYTES_FORMAT(kind));
    }
}

/* The code that a value goes out with: its type's name, and its own where the type has several. */
static void add_name(const content *self, dragoman_bytes value, bool is_only, buffer *to) {
    buffer name;
    buffer_init(&name);
    buffer_append_bytes(&name, self->type);
    if (!is_only) {
        buffer_append_byte(&name, '-');
        buffer_append_bytes(&name, value);
    }
    iomt_quote(to, buffer_bytes(&name));
    buffer_fini(&name);
}

static bool add_value(work *all, content *self, yaml_node_t *value, bool is_only, buffer *to) {
    yaml_node_t *node = expression_of(self, value, "valueExpression");
    dragoman_bytes name = member_text(self->file, value, "valueName");
    buffer way;
    buffer_init(&way);
    bool has_expression = member(self->file, value, "valueExpression") != NULL;
    if (node == NULL || name.size == 0) {
        /* An expression that is no JSON path was told. */
        if (node != NULL || !has_expression) {
            yaml_tree_mistake(self->file, value, "a value without name or expression is not carried over");
        }
        return false;
    }
    bool is_said = add_way(self, &way, "path", node);
    if (is_said) {
        buffer_append_text(to, "        - { name: ");
        add_name(self, name, is_only, to);
        buffer_append_text(to, ", ");
        buffer_append_bytes(to, buffer_bytes(&way));
        if (is_word(member_text(self->file, value, "required"), "true")) {
            buffer_append_text(to, ", required: true");
        }
        yaml_node_t *holder = self->mapping == NULL ? NULL : holder_of(self, name);
        if (holder != NULL) {
            add_meaning(self, member(self->mapping_file, holder, "value"), to);
        } else if (self->mapping != NULL) {
            yaml_tree_mistake(self->file, value,
                              "the FHIR mapping of \"%.*s\" has no value \"%.*s\": it goes out with "
                              "its own name",
                              BYTES_FORMAT(self->type), BYTES_FORMAT(name));
        }
        /* The codes of a compound are the compound's own. */
        if (holder != NULL && (holder != self->mapping || is_only)) {
            buffer_append_text(to, ", ");
            if (!add_codes(self->mapping_file, holder, to)) {
                to->size -= 2;
            }
        }
        buffer_append_text(to, " }\n");
        buffer_append_text(&all->codes, "  - { code: ");
        add_name(self, name, is_only, &all->codes);
        buffer_append_text(&all->codes, ", confidence: C }\n");
        all->made.values++;
    }
    buffer_fini(&way);
    return is_said;
}

static void tell_of_mapping(content *self) {
    yaml_tree *file = self->mapping_file;
    yaml_node_t *period = member(file, self->mapping, "periodInterval");
    yaml_node_t *category = member(file, self->mapping, "category");
    if (period != NULL && !bytes_is(text_of(period), "0")) {
        yaml_tree_mistake(file, period,
                          "a period of %.*s is not carried over: each measurement goes out by itself; "
                          "`every` of a sink thins them out",
                          BYTES_FORMAT(text_of(period)));
    }
    if (category != NULL) {
        yaml_tree_mistake(file, category, "the category is not carried over: it comes from the code tables");
    }
}

static bool is_iot(const content *self) {
    return is_word(self->kind, "IotJsonPathContent") || is_word(self->kind, "IotCentralJsonPathContent");
}

/* Which device a message is of: the hub knew it from the connection, over MQTT the topic says it. */
static bool add_device(content *self, buffer *to) {
    yaml_node_t *node = expression_of(self, self->node, "deviceIdExpression");
    if (node != NULL) {
        buffer_append_text(to, "      ");
        bool is_said = add_way(self, to, "device", node);
        buffer_append_text(to, is_said ? "\n" : "device: topic\n");
        return is_said;
    }
    buffer_append_text(to, "      device: \"topic:2\"\n");
    if (!is_iot(self)) {
        yaml_tree_mistake(self->file, self->node, "there is no deviceIdExpression: level 2 of the topic is taken");
    } else {
        yaml_tree_mistake(self->file, self->node,
                          "the hub's own device id is not carried over: level 2 of the topic is "
                          "taken, as in devices/ID/messages");
    }
    return true;
}

/* "when", and the way to the part that matched. */
static bool add_conditions(content *self, buffer *to) {
    yaml_node_t *node = expression_of(self, self->node, "typeMatchExpression");
    buffer conditions;
    buffer_init(&conditions);
    bool is_said = node != NULL && iomt_conditions(text_of(node), &conditions, &self->prefix);
    if (is_said && conditions.size > 2) {
        conditions.size -= 2;
        buffer_append_text(to, "      when: [");
        buffer_append_bytes(to, buffer_bytes(&conditions));
        buffer_append_text(to, "]\n");
    } else if (!is_said) {
        yaml_tree_mistake(self->file, node == NULL ? self->node : node,
                          "the whole template is not carried over: its typeMatchExpression is none that a profile can "
                          "say ($..[?(@a && @b)], or a way)");
    }
    buffer_fini(&conditions);
    return is_said;
}

static void add_content(work *all, content *self) {
    yaml_node_t *values = member(self->file, self->node, "values");
    size_t count = item_count(values);
    buffer message;
    buffer_init(&message);
    buffer_append_text(&message, "    - name: ");
    iomt_quote(&message, self->type);
    buffer_append_byte(&message, '\n');
    if (!add_conditions(self, &message)) {
        buffer_fini(&message);
        return;
    }
    add_device(self, &message);
    add_optional_way(self, &message, "time", "timestampExpression");
    add_optional_way(self, &message, "patient", "patientIdExpression");
    add_optional_way(self, &message, "visit", "encounterIdExpression");
    yaml_node_t *correlation = member(self->file, self->node, "correlationIdExpression");
    if (correlation != NULL) {
        yaml_tree_mistake(self->file, correlation,
                          "correlationIdExpression is not carried over: messages are not grouped");
    }
    bool is_compound = self->mapping != NULL && item_count(member(self->mapping_file, self->mapping, "components")) > 0;
    if (is_compound) {
        buffer_append_text(&message, "      compound: true\n      ");
        add_codes(self->mapping_file, self->mapping, &message);
        buffer_append_byte(&message, '\n');
    }
    buffer_append_text(&message, "      values:\n");
    uint32_t before = all->made.values;
    for (size_t i = 0; i < count; i++) {
        add_value(all, self, yaml_tree_item(self->file, values, i), count == 1 && !is_compound, &message);
    }
    if (all->made.values > before) {
        buffer_append_bytes(&all->messages, buffer_bytes(&message));
        all->made.messages++;
    }
    buffer_fini(&message);
}

/* Calls `take` with every template that is no collection. */
static void each_template(work *all, yaml_tree *file, yaml_node_t *node,
                          void (*take)(work *all, yaml_tree *file, yaml_node_t *outer, void *context), void *context) {
    dragoman_bytes kind = member_text(file, node, "templateType");
    yaml_node_t *inner = member(file, node, "template");
    if (is_word(kind, "CollectionContent") || is_word(kind, "CollectionFhir")) {
        for (size_t i = 0; i < item_count(inner); i++) {
            yaml_node_t *one = yaml_tree_item(file, inner, i);
            /* No collection stands within another. */
            if (member(file, one, "template") != NULL && item_count(member(file, one, "template")) == 0) {
                take(all, file, one, context);
            } else {
                yaml_tree_mistake(file, one, "no template: one with templateType and template is expected");
            }
        }
    } else if (inner != NULL && inner->type == YAML_MAPPING_NODE) {
        take(all, file, node, context);
    } else {
        yaml_tree_mistake(file, node, "no template of iomt-fhir: CollectionContent or CollectionFhir is expected");
    }
}

static void find_mapping(work *all, yaml_tree *file, yaml_node_t *outer, void *context) {
    content *self = context;
    yaml_node_t *inner = member(file, outer, "template");
    (void)all;
    if (is_word(member_text(file, outer, "templateType"), "CodeValueFhir") &&
        bytes_equal(member_text(file, inner, "typeName"), self->type)) {
        self->mapping_file = file;
        self->mapping = inner;
    }
}

static void say_nothing(void *context, mistake_place place, const char *sentence) {
    (void)context;
    (void)place;
    (void)sentence;
}

/* Looks silently: mistakes of the files' form are told once, when their own turn comes. */
static void look_for_mapping(work *all, content *self) {
    for (size_t i = 0; i < all->count; i++) {
        mistake_list silent = {.report = say_nothing};
        mistake_list *own = all->files[i].mistakes;
        all->files[i].mistakes = &silent;
        yaml_node_t *root = yaml_tree_root(&all->files[i]);
        if (member(&all->files[i], root, "template") != NULL) {
            each_template(all, &all->files[i], root, find_mapping, self);
        }
        all->files[i].mistakes = own;
    }
}

static void take_template(work *all, yaml_tree *file, yaml_node_t *outer, void *context) {
    static const char *const contents[] = {"JsonPathContent", "IotJsonPathContent", "IotCentralJsonPathContent",
                                           "CalculatedContent"};
    (void)context;
    content self = {.file = file, .node = member(file, outer, "template")};
    self.kind = member_text(file, outer, "templateType");
    self.type = member_text(file, self.node, "typeName");
    bool is_content = false;
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        is_content = is_content || is_word(self.kind, contents[i]);
    }
    if (is_word(self.kind, "CodeValueFhir")) {
        self.mapping_file = file;
        self.mapping = self.node;
        tell_of_mapping(&self);
        return;
    }
    if (!is_content || self.type.size == 0) {
        yaml_tree_mistake(file, outer, "a template of type \"%.*s\" is not carried over", BYTES_FORMAT(self.kind));
        return;
    }
    buffer_init(&self.prefix);
    look_for_mapping(all, &self);
    if (self.mapping == NULL) {
        yaml_tree_mistake(file, self.node,
                          "no FHIR mapping has the type \"%.*s\": its values go out with their own names",
                          BYTES_FORMAT(self.type));
    }
    add_content(all, &self);
    buffer_fini(&self.prefix);
}

void iomt_write_profile(yaml_tree *files, size_t count, const char *name, buffer *to, iomt_count *ret_count) {
    work all = {.files = files, .count = count, .name = name};
    buffer_init(&all.messages);
    buffer_init(&all.codes);
    for (size_t i = 0; i < count; i++) {
        each_template(&all, &files[i], yaml_tree_root(&files[i]), take_template, NULL);
    }
    buffer_append_format(to, "profile: %s\nfor: json\nsource:\n  document: \"templates of iomt-fhir\"\n", name);
    buffer_append_format(to, "code_systems: [\"urn:dragoman:json:%s\"]\n", name);
    buffer_append_format(to, "device:\n  system: \"urn:dragoman:json:%s\"\n  messages:\n", name);
    buffer_append_bytes(to, buffer_bytes(&all.messages));
    buffer_append_text(to, "codes:\n");
    buffer_append_bytes(to, buffer_bytes(&all.codes));
    to->failed = to->failed || all.messages.failed || all.codes.failed;
    buffer_fini(&all.messages);
    buffer_fini(&all.codes);
    *ret_count = all.made;
}
