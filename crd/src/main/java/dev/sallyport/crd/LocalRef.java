package dev.sallyport.crd;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A reference to an object of a known kind in the namespace of the object that refers. */
public record LocalRef(
    @JsonPropertyDescription("The name of the object, in the namespace of this one.")
        @Required
        @Size(min = 1, max = Bounds.OBJECT_NAME_LENGTH)
        String name) {}
