package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** One key of a Secret or ConfigMap in the namespace of the object that refers. */
public record KeyRef(
    @JsonPropertyDescription(
            "The name of the Secret or ConfigMap, in the namespace of this object. In a cluster it"
                + " is seen only with the label sallyport.dev/watch: \"true\".")
        @Required
        @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
        String name,
    @JsonPropertyDescription("The key in its data.")
        @Required
        @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
        String key) {}
